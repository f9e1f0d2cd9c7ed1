#pragma once

#include <string>
#include <utility>

#include "engine/verify/verify.hpp"

namespace mosaico::engine {

// Counts findings on their way to who asked. One thread.
class Findings {
 public:
  explicit Findings(const VerifyRequest& request) : request_(request) {}

  void add(const Finding& finding) {
    ++count_;
    request_.on_finding(finding);
  }
  int64_t count() const { return count_; }

 private:
  const VerifyRequest& request_;
  int64_t count_ = 0;
};

// Where something may be wrong. One thread; borrows.
class Subject {
 public:
  Subject(Findings& findings, std::string path, std::string sequence, std::string topic)
      : findings_(findings),
        path_(std::move(path)),
        sequence_(std::move(sequence)),
        topic_(std::move(topic)) {}

  void add(std::string problem, nlohmann::json wanted = nullptr, nlohmann::json found = nullptr) {
    findings_.add({.path = path_,
                   .sequence = sequence_,
                   .topic = topic_,
                   .problem = std::move(problem),
                   .wanted = std::move(wanted),
                   .found = std::move(found)});
  }

  // Adds a finding unless both are equal; whether they are.
  bool expect(const std::string& problem, const nlohmann::json& wanted,
              const nlohmann::json& found) {
    if (wanted == found) return true;
    add(problem, wanted, found);
    return false;
  }

  const std::string& path() const { return path_; }

 private:
  Findings& findings_;
  const std::string path_;
  const std::string sequence_;
  const std::string topic_;
};

}  // namespace mosaico::engine
