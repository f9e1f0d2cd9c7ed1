#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store_fixture.hpp"
#include "support/numbered.hpp"

namespace mosaico {
namespace {

using testing::HasSubstr;

class PushTest : public ToolTest {
 protected:
  PushTest() {
    store_.client().record("drive", {{"robot", "rover"}}, [](SequenceWriter& sequence) {
      auto topic = sequence.topic_create<Numbered>("numbers");
      for (std::int64_t i = 0; i < 1'000; ++i) topic.push(Numbered{.number = i}, i);
    });
  }
};

INSTANTIATE_TEST_SUITE_P(Every, PushTest, testing::Values(Place::Directory, Place::Server),
                         place_name);

TEST_P(PushTest, CopiesToAServerAndToADirectory) {
  const StoreFixture server(Place::Server);
  const std::string directory = store_.path("copies");
  for (const std::string& to : {"127.0.0.1:" + server.target(), directory}) {
    const auto result = store_.run({"push", "drive", "--to", to, "--json"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    ASSERT_EQ(result.json_lines().size(), 2U);
    EXPECT_EQ(result.json_lines()[0]["topic"], "/numbers");
    EXPECT_EQ(result.json_lines()[0]["rows"], 1'000);
    EXPECT_EQ(result.json_lines()[1]["pushed"], "drive");
    EXPECT_EQ(result.json_lines()[1]["was_there"], false);
  }
  const auto again = store_.run({"push", "drive", "--to", "127.0.0.1:" + server.target()});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("was there already"));
  EXPECT_EQ(server.run({"ls", "--json"}).json_lines().at(0)["rows"], 1'000);
  EXPECT_EQ(run_mosaico({"ls", "--store", directory, "--json"}).json_lines().at(0)["state"],
            "finalized");
}

TEST_P(PushTest, SaysWhatIsWrong) {
  const std::string directory = store_.path("copies");
  EXPECT_EQ(store_.run({"push", "drive"}).exit_code, 2);
  EXPECT_EQ(store_.run({"push", "drive", "--to", "host:port"}).exit_code, 2);
  EXPECT_EQ(store_.run({"push", "drive", "--to", "127.0.0.1:1"}).exit_code, 1);
  EXPECT_EQ(store_.run({"push", "nothing", "--to", directory}).exit_code, 3);
  MosaicoClient::open(directory).record(
      "drive", {}, [](SequenceWriter& sequence) { sequence.topic_create<Numbered>("numbers"); });
  const auto refused = store_.run({"push", "drive", "--to", directory});
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_THAT(refused.err, HasSubstr("another name"));
}

}  // namespace
}  // namespace mosaico
