#include "server/access/tls_identity.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <fstream>
#include <memory>

#include "core/log.hpp"
#include "query/instant.hpp"
#include "store/posix_file.hpp"

namespace mosaico::server {

using core::error;
using core::Result;
using core::Status;

namespace {

constexpr size_t kPemBytesMax = 1 << 20;

template <auto kFree>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;

Result<std::string> read_pem_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return store::errno_status(errno, "open", path);
  std::string text(kPemBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return error(ErrorKind::Io, "cannot read ", path);
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() <= kPemBytesMax) return text;
  return error(ErrorKind::Invalid, "too large for a file in PEM form: ", path);
}

Bio read_only_bio(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Gives no passphrase, and tells that one was asked for.
int no_passphrase(char*, int, int, void* was_asked) {
  *static_cast<bool*>(was_asked) = true;
  return -1;
}

Result<Certificate> parse_certificate(const std::string& text, const std::string& path) {
  Certificate certificate(PEM_read_bio_X509(read_only_bio(text).get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (certificate != nullptr) return certificate;
  return error(ErrorKind::Invalid, "no certificate in PEM form (BEGIN CERTIFICATE): ", path);
}

Result<PrivateKey> parse_private_key(const std::string& text, const std::string& path) {
  bool was_asked = false;
  PrivateKey key(
      PEM_read_bio_PrivateKey(read_only_bio(text).get(), nullptr, no_passphrase, &was_asked));
  ERR_clear_error();
  if (key != nullptr) return key;
  if (was_asked) {
    return error(ErrorKind::Invalid,
                 "the private key is protected by a passphrase; give one without: ", path);
  }
  return error(ErrorKind::Invalid, "no private key in PEM form (BEGIN PRIVATE KEY): ", path);
}

void log_validity(const X509& certificate, int64_t now_ns, const std::string& path) {
  time_t now_s = static_cast<time_t>(now_ns / query::kNsPerSecond);
  if (X509_cmp_time(X509_get0_notAfter(&certificate), &now_s) < 0) {
    core::log().warn("the certificate has expired, and clients will refuse it: {}", path);
  } else if (X509_cmp_time(X509_get0_notBefore(&certificate), &now_s) > 0) {
    core::log().warn("the certificate is not valid yet, and clients will refuse it: {}", path);
  }
}

}  // namespace

Result<TlsIdentity> read_tls_identity(const std::string& certificate_path,
                                      const std::string& key_path, int64_t now_ns) {
  TlsIdentity identity;
  ARROW_ASSIGN_OR_RAISE(identity.certificates, read_pem_file(certificate_path));
  ARROW_ASSIGN_OR_RAISE(identity.private_key, read_pem_file(key_path));
  ARROW_ASSIGN_OR_RAISE(const auto certificate,
                        parse_certificate(identity.certificates, certificate_path));
  ARROW_ASSIGN_OR_RAISE(const auto key, parse_private_key(identity.private_key, key_path));
  const bool fits = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (!fits) {
    return error(ErrorKind::Invalid, "the private key ", key_path,
                 " does not belong to the certificate ", certificate_path);
  }
  log_validity(*certificate, now_ns, certificate_path);
  return identity;
}

}  // namespace mosaico::server
