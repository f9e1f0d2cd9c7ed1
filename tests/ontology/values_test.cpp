#include "mosaico/values.hpp"

#include <arrow/util/float16.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <latch>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "mosaico/error.hpp"

namespace mosaico {
namespace {

TEST(Float16, SurvivesARoundTripThroughFloatForEveryBitPattern) {
  for (std::uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const Float16 half{.bits = static_cast<std::uint16_t>(bits)};
    const float value = half.to_float();
    const auto reference = arrow::util::Float16::FromBits(half.bits);
    if (reference.is_nan()) {
      ASSERT_TRUE(std::isnan(value)) << bits;
      ASSERT_TRUE(std::isnan(Float16::from_float(value).to_float())) << bits;
      continue;
    }
    ASSERT_EQ(std::bit_cast<std::uint32_t>(value),
              std::bit_cast<std::uint32_t>(reference.ToFloat()))
        << bits;
    ASSERT_EQ(Float16::from_float(value), half) << bits;
  }
}

TEST(Float16, RoundsToNearestAndTiesToEven) {
  for (std::uint32_t bits = 0; bits < 0x7bff; ++bits) {
    const auto lower = static_cast<std::uint16_t>(bits);
    const auto upper = static_cast<std::uint16_t>(bits + 1);
    const float low = Float16{.bits = lower}.to_float();
    const float high = Float16{.bits = upper}.to_float();
    const float middle = (low + high) / 2;  // Exact: a float has bits to spare.
    ASSERT_EQ(Float16::from_float(middle).bits, bits % 2 == 0 ? lower : upper) << bits;
    ASSERT_EQ(Float16::from_float(std::nextafter(middle, 0.0F)).bits, lower) << bits;
    ASSERT_EQ(Float16::from_float(std::nextafter(middle, high)).bits, upper) << bits;
    ASSERT_EQ(Float16::from_float(-middle).bits, (bits % 2 == 0 ? lower : upper) | 0x8000) << bits;
  }
}

TEST(Float16, AgreesWithArrowOnRandomFloats) {
  std::mt19937 random;  // NOLINT(bugprone-random-generator-seed): the same numbers each time.
  for (int i = 0; i < 1'000'000; ++i) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (std::isnan(value)) continue;
    ASSERT_EQ(Float16::from_float(value).bits, arrow::util::Float16::FromFloat(value).bits())
        << value;
  }
}

TEST(Float16, OverflowsToInfinityAndUnderflowsToZero) {
  EXPECT_EQ(Float16::from_float(65504.0F).bits, 0x7bff);
  EXPECT_EQ(Float16::from_float(65519.996F).bits, 0x7bff);
  EXPECT_EQ(Float16::from_float(65520.0F).bits, 0x7c00);
  EXPECT_EQ(Float16::from_float(-1e30F).bits, 0xfc00);
  EXPECT_EQ(Float16::from_float(INFINITY).bits, 0x7c00);
  EXPECT_EQ(Float16::from_float(0x1p-24F).bits, 0x0001);
  EXPECT_EQ(Float16::from_float(0x1p-25F).bits, 0x0000);
  EXPECT_EQ(Float16::from_float(-0.0F).bits, 0x8000);
}

TEST(Unset, IsANanThatIsToldFromOthers) {
  EXPECT_TRUE(std::isnan(kUnset));
  EXPECT_TRUE(std::isnan(kUnsetFloat));
  EXPECT_TRUE(is_unset(kUnset));
  EXPECT_TRUE(is_unset(kUnsetFloat));
  EXPECT_FALSE(is_unset(std::nan("")));
  EXPECT_FALSE(is_unset(std::nanf("")));
  EXPECT_FALSE(is_unset(0.0));
}

TEST(Bytes, ShareTheirMemoryWithCopies) {
  const Bytes bytes(std::vector<std::uint8_t>{1, 2, 3});
  const Bytes copy = bytes;  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_EQ(copy.data(), bytes.data());
  EXPECT_EQ(copy, bytes);
  EXPECT_EQ(Bytes::copy_of("abc").text(), "abc");
  EXPECT_NE(Bytes::copy_of("abc"), Bytes::copy_of("abd"));
  EXPECT_TRUE(Bytes().empty());
}

TEST(Bytes, KeepTheOwnerOfForeignMemoryAlive) {
  auto owner = std::make_shared<const std::vector<std::uint8_t>>(4, std::uint8_t{7});
  const std::weak_ptr<const void> alive = owner;
  Bytes bytes = {std::span(*owner).first(2), owner};
  owner.reset();
  EXPECT_FALSE(alive.expired());
  EXPECT_EQ(bytes.size(), 2U);
  bytes = Bytes();
  EXPECT_TRUE(alive.expired());
}

TEST(Bytes, AreEmptyAfterTheyWereMoved) {
  Bytes bytes = Bytes::copy_of("abc");
  const Bytes moved = std::move(bytes);
  EXPECT_EQ(moved.text(), "abc");
  EXPECT_TRUE(bytes.empty());  // NOLINT(bugprone-use-after-move): what is tested.
  EXPECT_EQ(bytes.size_hint(), 0U);
}

TEST(LazyBytes, RunTheProducerAtTheFirstLookAndOnlyThen) {
  int runs = 0;
  const auto captured = std::make_shared<int>(0);
  const Bytes bytes = Bytes::lazy(100, [&runs, captured] {
    ++runs;
    return Bytes::copy_of("produced");
  });
  const Bytes copy = bytes;  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_TRUE(bytes.is_lazy());
  EXPECT_EQ(bytes.size_hint(), 100U);
  EXPECT_EQ(runs, 0);
  EXPECT_EQ(captured.use_count(), 2);

  EXPECT_EQ(copy.text(), "produced");
  EXPECT_EQ(bytes.text(), "produced");
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(bytes.size_hint(), 8U);
  EXPECT_EQ(captured.use_count(), 1) << "what the producer holds is let go once it has run";
}

TEST(LazyBytes, RunTheProducerOnceForManyThreads) {
  constexpr int kThreads = 8;
  std::atomic<int> runs = 0;
  const Bytes bytes = Bytes::lazy(1, [&runs] {
    ++runs;
    return Bytes::copy_of("produced");
  });
  std::latch start(kThreads);
  std::vector<std::string> seen(kThreads);
  std::vector<std::thread> threads;
  for (std::string& text : seen) {
    threads.emplace_back([&start, &text, bytes] {
      start.arrive_and_wait();
      text = bytes.text();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(seen, std::vector<std::string>(kThreads, "produced"));
}

TEST(LazyBytes, ThrowWhatTheProducerThrewAtEveryLook) {
  int runs = 0;
  const Bytes bytes = Bytes::lazy(5, [&runs]() -> Bytes {
    ++runs;
    throw InvalidError("no frame");
  });
  EXPECT_THROW(bytes.span(), InvalidError);
  EXPECT_THROW(static_cast<void>(bytes.size()), InvalidError);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(bytes.size_hint(), 5U);
}

TEST(LazyBytes, MayProduceLazyBytes) {
  const Bytes bytes =
      Bytes::lazy(0, [] { return Bytes::lazy(0, [] { return Bytes::copy_of("inner"); }); });
  EXPECT_EQ(bytes.text(), "inner");
}

}  // namespace
}  // namespace mosaico
