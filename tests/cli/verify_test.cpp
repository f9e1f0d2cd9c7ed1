#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "mosaico/mosaico.hpp"
#include "store_fixture.hpp"

namespace mosaico {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class VerifyCommand : public ::testing::Test {
 protected:
  VerifyCommand() {
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

}  // namespace
}  // namespace mosaico
