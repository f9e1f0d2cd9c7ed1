#pragma once

#include <gtest/gtest.h>

#include <string>

#include "engine/verify/verify.hpp"
#include "support/status_matchers.hpp"

namespace mosaico::engine {

// Verifies a directory; each finding fails the test.
inline VerifySummary expect_no_findings(const std::string& root) {
  VerifyRequest request;
  request.on_finding = [](const Finding& finding) {
    ADD_FAILURE() << finding.path << ": " << finding.problem << " " << finding.wanted << " "
                  << finding.found;
  };
  const auto summary = verify_directory(root, request);
  EXPECT_THAT(summary, IsOk());
  return summary.ok() ? *summary : VerifySummary{};
}

}  // namespace mosaico::engine
