#include "server/access/tls_identity.hpp"

#include <fstream>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/time.hpp"
#include "support/certificate.hpp"
#include "support/status_matchers.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::server {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class TlsIdentityFiles : public testing::Test {
 protected:
  void SetUp() override {
    const auto files = make_certificate(directory_.path());
    if (!files) GTEST_SKIP() << "there is no program openssl";
    files_ = *files;
  }

  std::string path(const std::string& name) const { return directory_.path() / name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    return path(name);
  }
  static core::Result<TlsIdentity> read(const std::string& certificate, const std::string& key) {
    return read_tls_identity(certificate, key, core::system_clock()());
  }

  const TemporaryDirectory directory_;
  CertificateFiles files_;
};

TEST_F(TlsIdentityFiles, ThatBelongTogetherAreTaken) {
  ASSERT_OK_AND_ASSIGN(const auto identity, read(files_.certificate, files_.key));
  EXPECT_TRUE(identity.is_set());
  EXPECT_THAT(identity.certificates, StartsWith("-----BEGIN CERTIFICATE-----"));
  EXPECT_THAT(identity.private_key, StartsWith("-----BEGIN PRIVATE KEY-----"));
  EXPECT_FALSE(TlsIdentity().is_set());
}

TEST_F(TlsIdentityFiles, ThatAreMissingAreNamed) {
  for (const auto& [certificate, key] :
       {std::pair(path("absent"), files_.key), std::pair(files_.certificate, path("absent"))}) {
    const auto identity = read(certificate, key);
    EXPECT_THAT(identity, FailsAs(ErrorKind::NotFound));
    EXPECT_THAT(identity.status().message(), HasSubstr(path("absent")));
  }
  EXPECT_THAT(read(directory_.path(), files_.key), FailsAs(ErrorKind::Io));
}

TEST_F(TlsIdentityFiles, OfAnotherKindAreInvalid) {
  const std::string text = write("text", "no certificate\n");
  EXPECT_THAT(read(text, files_.key), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(read(text, files_.key).status().message(), HasSubstr("no certificate in PEM form"));
  EXPECT_THAT(read(files_.certificate, text).status().message(),
              HasSubstr("no private key in PEM form"));
  EXPECT_THAT(read(files_.key, files_.certificate), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(read(write("empty", ""), files_.key), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(read(write("large", std::string(2 << 20, 'x')), files_.key).status().message(),
              HasSubstr("too large"));
  EXPECT_THAT(read(write("half", "-----BEGIN CERTIFICATE-----\nMIIB\n"), files_.key),
              FailsAs(ErrorKind::Invalid));
}

TEST_F(TlsIdentityFiles, OfTwoCertificatesAreInvalid) {
  const auto other = make_certificate(directory_.path(), "other");
  ASSERT_TRUE(other);
  const auto identity = read(files_.certificate, other->key);
  EXPECT_THAT(identity, FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(identity.status().message(), HasSubstr("does not belong to"));
}

TEST_F(TlsIdentityFiles, NeedAKeyWithoutAPassphrase) {
  ASSERT_EQ(run_openssl({"pkcs8", "-topk8", "-in", files_.key, "-out", path("locked.key"),
                         "-passout", "pass:secret"}),
            0);
  const auto identity = read(files_.certificate, path("locked.key"));
  EXPECT_THAT(identity, FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(identity.status().message(), HasSubstr("passphrase"));
}

// What clients will say of it is better than no server at all.
TEST_F(TlsIdentityFiles, ThatHaveExpiredAreTaken) {
  const int64_t in_a_year = core::system_clock()() + int64_t{365} * 86'400 * 1'000'000'000;
  EXPECT_THAT(read_tls_identity(files_.certificate, files_.key, in_a_year), IsOk());
  EXPECT_THAT(read_tls_identity(files_.certificate, files_.key, 0), IsOk());
}

}  // namespace
}  // namespace mosaico::server
