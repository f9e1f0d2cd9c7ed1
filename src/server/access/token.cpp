#include "server/access/token.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace mosaico::server {

namespace {

constexpr std::string_view kPrefix = "msco_";
constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr size_t kSecretLength = 32;
constexpr size_t kFingerprintLength = 8;
constexpr size_t kTokenLength = kPrefix.size() + kSecretLength + 1 + kFingerprintLength;

bool consists_of(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

std::string fingerprint_of_secret(std::string_view secret) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto crc =
      ::crc32(0, reinterpret_cast<const Bytef*>(secret.data()), static_cast<uInt>(secret.size()));
  std::string text;
  for (int shift = 28; shift >= 0; shift -= 4) text += kDigits[crc >> shift & 0xfU];
  return text;
}

std::string random_secret() {
  // The greatest multiple of 36 in a byte: above it some characters would come more often.
  constexpr unsigned kUsable = 252;
  std::string secret;
  while (secret.size() < kSecretLength) {
    std::array<unsigned char, kSecretLength> bytes;
    // A kernel without a generator cannot run us safely.
    if (::getentropy(bytes.data(), bytes.size()) != 0) std::abort();
    for (const unsigned char byte : bytes) {
      if (byte < kUsable && secret.size() < kSecretLength) {
        secret += kAlphabet[byte % kAlphabet.size()];
      }
    }
  }
  return secret;
}

}  // namespace

std::string make_token() {
  const std::string secret = random_secret();
  return std::string(kPrefix) + secret + "_" + fingerprint_of_secret(secret);
}

std::optional<std::string> fingerprint_of_token(std::string_view token) {
  if (token.size() != kTokenLength || !token.starts_with(kPrefix)) return std::nullopt;
  const std::string_view secret = token.substr(kPrefix.size(), kSecretLength);
  if (!consists_of(secret, kAlphabet)) return std::nullopt;
  std::string fingerprint = fingerprint_of_secret(secret);
  if (token.substr(kPrefix.size() + kSecretLength) != "_" + fingerprint) return std::nullopt;
  return fingerprint;
}

bool is_fingerprint(std::string_view text) {
  return text.size() == kFingerprintLength && consists_of(text, "0123456789abcdef");
}

std::string hash_of_token(std::string_view token) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  // It fails only where the library itself is broken.
  if (EVP_Digest(token.data(), token.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    std::abort();
  }
  return {reinterpret_cast<const char*>(digest.data()), size};
}

bool is_same_hash(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace mosaico::server
