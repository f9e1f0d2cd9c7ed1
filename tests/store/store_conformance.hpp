#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <gtest/gtest.h>

#include "store/store.hpp"
#include "support/status_matchers.hpp"

namespace mosaico::store {

// What every store promises. A backend runs it with
//   INSTANTIATE_TEST_SUITE_P(Local, StoreConformance, testing::Values(StoreBackend{…}));
struct StoreBackend {
  std::string name;
  // A new, empty place; `reopen` opens the same place again. What it needs lives as long as it
  // does.
  struct Place {
    virtual ~Place() = default;
    virtual Result<std::unique_ptr<Store>> open() = 0;
  };
  std::function<std::unique_ptr<Place>()> make_place;
};

inline std::ostream& operator<<(std::ostream& out, const StoreBackend& backend) {
  return out << backend.name;
}

class StoreConformance : public testing::TestWithParam<StoreBackend> {
 protected:
  void SetUp() override {
    place_ = GetParam().make_place();
    reopen();
  }

  void reopen() {
    store_.reset();
    ASSERT_OK_AND_ASSIGN(store_, place_->open());
  }

  std::vector<std::string> paths(const std::string& prefix) {
    std::vector<std::string> result;
    for (const ObjectInfo& object : core::value_or_throw(store_->list(prefix))) {
      result.push_back(object.path);
    }
    return result;
  }

  std::unique_ptr<StoreBackend::Place> place_;
  std::unique_ptr<Store> store_;
};

using Paths = std::vector<std::string>;

TEST_P(StoreConformance, GivesBackWhatWasPut) {
  const std::string bytes("a\0b\xff", 4);
  ASSERT_THAT(put(*store_, "data/a/b.parquet", bytes), IsOk());
  ASSERT_OK_AND_ASSIGN(const std::string got, get(*store_, "data/a/b.parquet"));
  EXPECT_EQ(got, bytes);
}

TEST_P(StoreConformance, TakesAnEmptyObject) {
  ASSERT_THAT(put(*store_, "empty", ""), IsOk());
  ASSERT_OK_AND_ASSIGN(const std::string got, get(*store_, "empty"));
  EXPECT_EQ(got, "");
  EXPECT_EQ(paths(""), Paths{"empty"});
}

TEST_P(StoreConformance, KeepsObjectsOverReopening) {
  ASSERT_THAT(put(*store_, "a/b", "x"), IsOk());
  reopen();
  ASSERT_OK_AND_ASSIGN(const std::string got, get(*store_, "a/b"));
  EXPECT_EQ(got, "x");
}

TEST_P(StoreConformance, WritesInPiecesOfAnySize) {
  ASSERT_OK_AND_ASSIGN(auto writer, store_->create("large"));
  std::string expected;
  for (const size_t size : {size_t{1}, size_t{1000}, size_t{3} << 20, size_t{0}, size_t{1} << 20,
                            size_t{7}, (size_t{1} << 20) - 7}) {
    const std::string piece(size, static_cast<char>('a' + expected.size() % 23));
    ASSERT_THAT(writer->stream().Write(piece.data(), static_cast<int64_t>(size)), IsOk());
    expected += piece;
    ASSERT_OK_AND_ASSIGN(const int64_t position, writer->stream().Tell());
    EXPECT_EQ(position, static_cast<int64_t>(expected.size()));
  }
  ASSERT_THAT(writer->close(), IsOk());
  ASSERT_OK_AND_ASSIGN(const std::string got, get(*store_, "large"));
  EXPECT_TRUE(got == expected);
}

TEST_P(StoreConformance, ShowsNothingOfAnObjectBeforeItIsClosed) {
  ASSERT_OK_AND_ASSIGN(auto writer, store_->create("a/b"));
  ASSERT_THAT(writer->stream().Write("half", 4), IsOk());
  ASSERT_THAT(writer->stream().Flush(), IsOk());
  EXPECT_THAT(store_->open("a/b"), FailsAs(ErrorKind::NotFound));
  EXPECT_EQ(paths(""), Paths{});
  ASSERT_THAT(writer->close(), IsOk());
  EXPECT_EQ(paths(""), Paths{"a/b"});
}

TEST_P(StoreConformance, AnAbandonedWriterLeavesNothing) {
  ASSERT_OK_AND_ASSIGN(auto writer, store_->create("a/b"));
  ASSERT_THAT(writer->stream().Write("half", 4), IsOk());
  writer.reset();
  EXPECT_THAT(store_->open("a/b"), FailsAs(ErrorKind::NotFound));
  EXPECT_EQ(paths(""), Paths{});
}

TEST_P(StoreConformance, AnAbandonedWriterLeavesTheOldObject) {
  ASSERT_THAT(put(*store_, "a", "old"), IsOk());
  ASSERT_OK_AND_ASSIGN(auto writer, store_->create("a"));
  ASSERT_THAT(writer->stream().Write("new", 3), IsOk());
  writer.reset();
  ASSERT_OK_AND_ASSIGN(const std::string got, get(*store_, "a"));
  EXPECT_EQ(got, "old");
}

TEST_P(StoreConformance, ReplacesAnObject) {
  ASSERT_THAT(put(*store_, "a", "a longer text"), IsOk());
  ASSERT_THAT(put(*store_, "a", "new"), IsOk());
  ASSERT_OK_AND_ASSIGN(const std::string got, get(*store_, "a"));
  EXPECT_EQ(got, "new");
}

TEST_P(StoreConformance, AWriterClosesOnce) {
  ASSERT_OK_AND_ASSIGN(auto writer, store_->create("a"));
  ASSERT_THAT(writer->close(), IsOk());
  EXPECT_FALSE(writer->close().ok());
  EXPECT_EQ(paths(""), Paths{"a"});
}

TEST_P(StoreConformance, OpenOfWhatIsAbsentIsNotFound) {
  EXPECT_THAT(store_->open("a"), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(store_->open("a/b/c"), FailsAs(ErrorKind::NotFound));
  ASSERT_THAT(put(*store_, "a/b", "x"), IsOk());
  EXPECT_THAT(store_->open("a"), FailsAs(ErrorKind::NotFound)) << "a folder is no object";
  EXPECT_THAT(store_->open("a/b/c"), FailsAs(ErrorKind::NotFound));
}

TEST_P(StoreConformance, ReadsAtAnyPosition) {
  ASSERT_THAT(put(*store_, "a", "0123456789"), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto file, store_->open("a"));
  ASSERT_OK_AND_ASSIGN(const int64_t bytes, file->GetSize());
  EXPECT_EQ(bytes, 10);
  ASSERT_OK_AND_ASSIGN(const auto middle, file->ReadAt(3, 4));
  EXPECT_EQ(middle->ToString(), "3456");
  ASSERT_OK_AND_ASSIGN(const auto end, file->ReadAt(8, 100));
  EXPECT_EQ(end->ToString(), "89");
}

TEST_P(StoreConformance, ServesSeveralReadersOfOneFile) {
  const std::string bytes(1 << 16, 'x');
  ASSERT_THAT(put(*store_, "a", bytes + "y"), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto file, store_->open("a"));
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      for (int round = 0; round < 100; ++round) {
        const auto last = file->ReadAt(1 << 16, 1);
        EXPECT_TRUE(last.ok() && (*last)->ToString() == "y");
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
}

TEST_P(StoreConformance, ServesSeveralWritersOfOneFolder) {
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([this, i] {
      for (int round = 0; round < 5; ++round) {
        const std::string name = std::to_string(i) + "-" + std::to_string(round);
        EXPECT_THAT(put(*store_, "deep/er/" + name, name), IsOk());
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(paths("deep").size(), 20U);
}

TEST_P(StoreConformance, ListsAFolderInPathOrderWithSizes) {
  for (const char* path : {"b/x", "a", "b/a/z", "b-c", "b/b"}) {
    ASSERT_THAT(put(*store_, path, path), IsOk());
  }
  EXPECT_EQ(paths(""), (Paths{"a", "b-c", "b/a/z", "b/b", "b/x"}));
  EXPECT_EQ(paths("b"), (Paths{"b/a/z", "b/b", "b/x"})) << "b-c is not below b";
  EXPECT_EQ(paths("b/a"), Paths{"b/a/z"});
  EXPECT_EQ(paths("a"), Paths{"a"}) << "an object is at its own prefix";
  ASSERT_OK_AND_ASSIGN(const auto objects, store_->list("b/a"));
  EXPECT_EQ(objects[0].bytes, 5);
}

TEST_P(StoreConformance, ListOfAnAbsentFolderIsEmpty) {
  EXPECT_EQ(paths(""), Paths{});
  EXPECT_EQ(paths("a/b"), Paths{});
  ASSERT_THAT(put(*store_, "a", "x"), IsOk());
  EXPECT_EQ(paths("a/b"), Paths{});
}

TEST_P(StoreConformance, RemovesAnObject) {
  ASSERT_THAT(put(*store_, "a/b", "x"), IsOk());
  ASSERT_THAT(put(*store_, "a/c", "y"), IsOk());
  ASSERT_THAT(store_->remove("a/b"), IsOk());
  EXPECT_THAT(store_->open("a/b"), FailsAs(ErrorKind::NotFound));
  EXPECT_EQ(paths(""), Paths{"a/c"});
}

TEST_P(StoreConformance, RemovingWhatIsAbsentIsOk) {
  EXPECT_THAT(store_->remove("a"), IsOk());
  EXPECT_THAT(store_->remove("a/b/c"), IsOk());
  EXPECT_THAT(store_->remove_all("a"), IsOk());
  EXPECT_THAT(store_->remove_all("a/b/c"), IsOk());
}

TEST_P(StoreConformance, RemoveOfAFolderLeavesItsObjects) {
  ASSERT_THAT(put(*store_, "a/b", "x"), IsOk());
  EXPECT_THAT(store_->remove("a"), IsOk());
  EXPECT_EQ(paths(""), Paths{"a/b"});
}

TEST_P(StoreConformance, RemovesAFolderWithAllBelow) {
  for (const char* path : {"a/b", "a/c/d", "a/c/e/f", "ab", "b/a"}) {
    ASSERT_THAT(put(*store_, path, "x"), IsOk());
  }
  ASSERT_THAT(store_->remove_all("a"), IsOk());
  EXPECT_EQ(paths(""), (Paths{"ab", "b/a"}));
  ASSERT_THAT(store_->remove_all("ab"), IsOk());
  EXPECT_EQ(paths(""), Paths{"b/a"});
  ASSERT_THAT(put(*store_, "a/b", "again"), IsOk());
  EXPECT_EQ(paths("a"), Paths{"a/b"});
}

TEST_P(StoreConformance, RefusesPathsThatCouldLeaveIt) {
  for (const std::string& path :
       {std::string(""), std::string("/a"), std::string("a/"), std::string("a//b"),
        std::string(".."), std::string("../a"), std::string("a/../../b"), std::string("."),
        std::string("a/./b"), std::string(".hidden/a"), std::string("a\0b", 3),
        std::string(256, 'x'), "a/" + std::string(256, 'x')}) {
    EXPECT_THAT(store_->create(path), FailsAs(ErrorKind::Invalid)) << path;
    EXPECT_THAT(store_->open(path), FailsAs(ErrorKind::Invalid)) << path;
    EXPECT_THAT(store_->remove(path), FailsAs(ErrorKind::Invalid)) << path;
    EXPECT_THAT(store_->remove_all(path), FailsAs(ErrorKind::Invalid)) << path;
    if (path.empty()) continue;
    EXPECT_THAT(store_->list(path), FailsAs(ErrorKind::Invalid)) << path;
  }
}

TEST_P(StoreConformance, TakesNamesOfFullLength) {
  const std::string path = std::string(255, 'a') + "/" + std::string(255, 'b');
  ASSERT_THAT(put(*store_, path, "x"), IsOk());
  EXPECT_EQ(paths(""), Paths{path});
}

TEST_P(StoreConformance, SaysWhatItIs) { EXPECT_FALSE(store_->describe().empty()); }

}  // namespace mosaico::store
