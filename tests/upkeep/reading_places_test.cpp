#include "engine/read/reading_places.hpp"

#include <gtest/gtest.h>

namespace mosaico::engine {
namespace {

TEST(ReadingPlaces, KnowsWhetherEarlierReadersHaveLeft) {
  ReadingPlaces places;
  EXPECT_TRUE(places.have_left(places.mark()));
  auto first = places.take();
  auto second = places.take();
  const uint64_t mark = places.mark();
  const auto later = places.take();
  EXPECT_FALSE(places.have_left(mark));
  second.reset();
  EXPECT_FALSE(places.have_left(mark));
  auto copy = first;
  first.reset();
  EXPECT_FALSE(places.have_left(mark)) << "a copy holds the place as well";
  copy.reset();
  EXPECT_TRUE(places.have_left(mark)) << "who came later does not count";
}

TEST(ReadingPlaces, TellsWhenSomebodyLeaves) {
  ReadingPlaces::Place survivor;
  int left = 0;
  {
    ReadingPlaces places;
    places.on_leave([&left] { ++left; });
    auto place = places.take();
    EXPECT_EQ(left, 0);
    place.reset();
    EXPECT_EQ(left, 1);
    survivor = places.take();
    places.on_leave(nullptr);
  }
  survivor.reset();
  EXPECT_EQ(left, 1);
}

}  // namespace
}  // namespace mosaico::engine
