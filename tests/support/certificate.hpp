#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mosaico {

// Paths of PEM files.
struct CertificateFiles {
  std::string certificate;  // Signed by itself: also the root that trusts it.
  std::string key;
};

// Makes a certificate for `host`, with localhost also for 127.0.0.1, in files called `name`.
// Nothing where there is no program `openssl`: a test that needs it skips.
std::optional<CertificateFiles> make_certificate(const std::filesystem::path& directory,
                                                 const std::string& name = "server",
                                                 const std::string& host = "localhost");

// Runs the program `openssl`; its exit code, 127 where there is none.
int run_openssl(std::vector<std::string> arguments);

}  // namespace mosaico
