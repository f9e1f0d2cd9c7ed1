#include <set>
#include <string>
#include <vector>

#include "catalog/sqlite_catalog.hpp"
#include "golden_store.hpp"
#include "query/filter.hpp"
#include "support/status_matchers.hpp"

namespace mosaico::engine {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// The queries of tests/golden/query: JSON in, names out.
class GoldenQuery : public testing::TestWithParam<GoldenBackend> {
 protected:
  Result<std::vector<std::string>> ask(const json& body) {
    ARROW_ASSIGN_OR_RAISE(const auto query, query::parse_query(body));
    ARROW_ASSIGN_OR_RAISE(const auto answer, stored_.engine().query(query));
    std::vector<std::string> topics;
    for (const auto& item : answer.items) {
      for (const auto& topic : item.topics) topics.push_back(topic.locator.to_string());
    }
    return topics;
  }

  void run(const std::string& file) {
    for (const json& golden : read_golden_queries(file)) {
      const std::string name = file + ": " + golden["case"].get<std::string>();
      const auto found = ask(golden["query"]);
      if (golden.contains("refused")) {
        EXPECT_THAT(found, FailsAs(ErrorKind::Invalid)) << name;
        EXPECT_THAT(found.status().message(), HasSubstr(golden["refused"])) << name;
      } else {
        ASSERT_THAT(found, IsOk()) << name;
        EXPECT_EQ(*found, golden["finds"].get<std::vector<std::string>>()) << name;
      }
    }
  }

  GoldenStore stored_{GetParam()};
};

TEST_P(GoldenQuery, Sequences) { run("sequences.json"); }
TEST_P(GoldenQuery, Topics) { run("topics.json"); }
TEST_P(GoldenQuery, Metadata) { run("metadata.json"); }
TEST_P(GoldenQuery, Rows) { run("rows.json"); }
TEST_P(GoldenQuery, Lists) { run("lists.json"); }
TEST_P(GoldenQuery, Types) { run("types.json"); }
TEST_P(GoldenQuery, Refused) { run("refused.json"); }

INSTANTIATE_TEST_SUITE_P(Sqlite, GoldenQuery,
                         testing::Values(GoldenBackend{"Sqlite",
                                                       [](const std::string& directory) {
                                                         return catalog::open_sqlite_catalog(
                                                             directory + "/catalog.sqlite");
                                                       }}),
                         [](const auto& backend) { return backend.param.name; });

}  // namespace
}  // namespace mosaico::engine
