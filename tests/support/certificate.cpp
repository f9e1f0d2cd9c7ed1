#include "support/certificate.hpp"

#include <stdexcept>

#include "support/process.hpp"

namespace mosaico {

namespace {

constexpr int kNoSuchProgram = 127;

}  // namespace

int run_openssl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  Process process("/usr/bin/env", std::move(arguments), Process::Stderr::Dropped);
  process.read_out();
  return process.wait();
}

std::optional<CertificateFiles> make_certificate(const std::filesystem::path& directory,
                                                 const std::string& name, const std::string& host) {
  CertificateFiles files{.certificate = directory / (name + ".crt"),
                         .key = directory / (name + ".key")};
  const std::string names = host == "localhost" ? "DNS:localhost,IP:127.0.0.1" : "DNS:" + host;
  const int code =
      run_openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                   "-nodes", "-days", "2", "-subj", "/CN=" + host, "-addext",
                   "subjectAltName=" + names, "-out", files.certificate, "-keyout", files.key});
  if (code == kNoSuchProgram) return std::nullopt;
  if (code != 0) throw std::runtime_error("openssl req ended with " + std::to_string(code));
  return files;
}

}  // namespace mosaico
