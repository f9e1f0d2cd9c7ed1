#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "mosaico/mosaico.hpp"
#include "store_fixture.hpp"

namespace mosaico {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class UpkeepCommand : public ::testing::Test {
 protected:
  UpkeepCommand() {
    MosaicoClient client = store_.client();
    for (const char* name : {"alpha", "beta"}) {
      auto sequence = client.sequence_create(name, nlohmann::json::object());
      auto topic = sequence.topic_create<Integer32>("count", nlohmann::json::object());
      for (int i = 0; i < 100; ++i) topic.push(Integer32{.data = i}, i);
      sequence.close();
    }
    client.close();
  }

  StoreFixture store_{Place::Directory};
};

class VerifyCommand : public UpkeepCommand {};
class ReindexCommand : public UpkeepCommand {};

TEST_F(VerifyCommand, IsContentWithASoundDirectory) {
  const ToolResult verified = store_.run({"verify"});
  EXPECT_EQ(verified.exit_code, 0) << verified.err;
  EXPECT_EQ(verified.out, "2 sequences, 2 topics, 2 chunks, 200 rows: all as it should be\n");
  EXPECT_EQ(store_.run({"verify", "--json"}).out, "");
}

TEST_F(VerifyCommand, SaysWhatIsWrongWhere) {
  std::string damaged;
  for (const auto& entry : fs::recursive_directory_iterator(store_.path("store"))) {
    if (entry.path().extension() != ".parquet") continue;
    if (entry.path().string().find("beta@") == std::string::npos) continue;
    damaged = entry.path().lexically_relative(store_.path("store"));
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(20);
    file.put('\x7f');
  }
  const ToolResult verified = store_.run({"verify"});
  EXPECT_EQ(verified.exit_code, 1);
  EXPECT_THAT(verified.out, HasSubstr(damaged + ": the checksum of the file differs, wanted "));
  EXPECT_THAT(verified.out, HasSubstr("(beta/count)"));
  EXPECT_THAT(verified.err, HasSubstr("findings in " + store_.path("store")));

  EXPECT_EQ(store_.run({"verify", "alpha"}).exit_code, 0);
  const ToolResult of_beta = store_.run({"verify", "beta", "--json"});
  EXPECT_EQ(of_beta.exit_code, 1);
  const auto lines = of_beta.json_lines();
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines[0]["path"], damaged);
  EXPECT_EQ(lines[0]["sequence"], "beta");
  EXPECT_EQ(lines[0]["topic"], "count");
  EXPECT_EQ(lines[0]["problem"], "the checksum of the file differs");
}

TEST_F(VerifyCommand, NeedsADirectoryAndWhatIsInIt) {
  EXPECT_EQ(run_mosaico({"verify"}).exit_code, 2);
  EXPECT_EQ(run_mosaico({"verify", "--store", store_.path("nowhere")}).exit_code, 3);
  EXPECT_EQ(store_.run({"verify", "gamma"}).exit_code, 3);
}

TEST_F(ReindexCommand, MakesALostCatalogAgain) {
  for (const auto& entry : fs::directory_iterator(store_.path("store"))) {
    if (entry.path().filename().string().starts_with("catalog.sqlite")) fs::remove(entry.path());
  }
  const ToolResult made = store_.run({"reindex"});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(made.out, "indexed 2 sequences, 2 topics, 2 chunks, 200 rows\n");
  EXPECT_EQ(store_.run({"verify"}).out,
            "2 sequences, 2 topics, 2 chunks, 200 rows: all as it should be\n");
  auto stream = store_.client().topic_handler("beta", "count")->get_data_streamer();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(stream.next()->get_data<Integer32>()->data, i);
}

TEST_F(ReindexCommand, ReplacesACatalogOnlyWhenForced) {
  const ToolResult refused = store_.run({"reindex"});
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_THAT(refused.err, HasSubstr("--force"));

  const ToolResult forced = store_.run({"reindex", "--force", "--json"});
  EXPECT_EQ(forced.exit_code, 0) << forced.err;
  const auto summary = forced.json_lines().back();
  EXPECT_EQ(summary["rows"], 200);
  EXPECT_TRUE(fs::exists(store_.path("store") / fs::path(summary["kept_catalog"])));
  EXPECT_EQ(store_.run({"verify"}).exit_code, 0);
}

TEST_F(ReindexCommand, NeedsADirectory) {
  EXPECT_EQ(run_mosaico({"reindex"}).exit_code, 2);
  EXPECT_EQ(run_mosaico({"reindex", "--store", store_.path("nowhere")}).exit_code, 3);
}

}  // namespace
}  // namespace mosaico
