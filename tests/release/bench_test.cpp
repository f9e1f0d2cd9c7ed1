// Every workload of mosaico-bench runs, and each line of its JSON is whole. What it measures is not
// looked at here.
#include <nlohmann/json.hpp>

#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico {
namespace {

using nlohmann::json;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string run_bench(const std::vector<std::string>& arguments) {
  Process bench(program_path("mosaico-bench"), arguments);
  const auto output = bench.read_output();
  EXPECT_EQ(bench.wait(), 0) << output.err << output.out;
  return output.out;
}

void expect_whole(const json& line) {
  for (const char* key : {"value", "limit", "ratio", "min", "max"}) {
    ASSERT_TRUE(line.contains(key) && line[key].is_number()) << key << " of " << line;
    EXPECT_GT(line[key].get<double>(), 0) << key << " of " << line;
  }
  for (const char* key :
       {"client_cpu_s", "server_cpu_s", "client_peak_bytes", "server_peak_bytes"}) {
    ASSERT_TRUE(line.contains(key) && line[key].is_number()) << key << " of " << line;
  }
  EXPECT_GT(line["client_peak_bytes"].get<double>(), 0) << line;
  EXPECT_FALSE(line["unit"].get<std::string>().empty()) << line;
  EXPECT_LE(line["min"].get<double>(), line["value"].get<double>()) << line;
  EXPECT_GE(line["max"].get<double>(), line["value"].get<double>()) << line;
  EXPECT_TRUE(line["goals"].is_array()) << line;
  for (const json& goal : line["goals"]) {
    EXPECT_TRUE(goal["goal"].is_string() && goal["actual"].is_number() && goal["met"].is_boolean())
        << line;
  }
}

TEST(Bench, EveryWorkloadOfTheListRunsAndItsJsonIsWhole) {
  std::set<std::string> listed;
  for (const std::string& line : lines_of(run_bench({"--list"}))) {
    listed.insert(line.substr(0, line.find(' ')));
    for (const char* part : {"; limit: ", "; goal: "}) {
      EXPECT_NE(line.find(part), std::string::npos) << line;
    }
  }
  EXPECT_GE(listed.size(), 22U);
  const TemporaryDirectory directory;
  std::set<std::string> measured;
  for (const std::string& text : lines_of(
           run_bench({"all", "--quick", "--json", "--directory", directory.path().string()}))) {
    const json line = json::parse(text);
    ASSERT_TRUE(line.contains("workload")) << line;
    ASSERT_FALSE(line.contains("error")) << line;
    measured.insert(line["workload"].get<std::string>());
    expect_whole(line);
  }
  EXPECT_EQ(measured, listed);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path())) << "data was left behind";
}

TEST(Bench, AnUnknownWorkloadIsWrongUsageThatPointsToTheList) {
  Process bench(program_path("mosaico-bench"), {"no_such_workload"});
  const auto output = bench.read_output();
  EXPECT_EQ(bench.wait(), 2);
  EXPECT_NE((output.out + output.err).find("--list"), std::string::npos) << output.err;
}

TEST(Bench, FactsTellTheMachineWithoutNamingIt) {
  const json facts = json::parse(run_bench({"--facts"}));
  for (const char* key :
       {"cores", "processor", "memory_bytes", "file_system", "compiler", "arrow"}) {
    EXPECT_TRUE(facts.contains(key)) << facts;
  }
}

}  // namespace
}  // namespace mosaico
