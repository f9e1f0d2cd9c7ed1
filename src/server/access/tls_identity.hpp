#pragma once

#include <cstdint>
#include <string>

#include "core/error.hpp"

namespace mosaico::server {

// What a server proves itself with: the texts of two PEM files. Empty: it speaks without TLS.
struct TlsIdentity {
  std::string certificates;  // Its own first, then those between it and the root.
  std::string private_key;

  bool is_set() const { return !certificates.empty(); }
};

// Reads both files and checks what would otherwise show only as a handshake that fails: that they
// are such files, and belong together. A certificate that is not valid at `now_ns` is logged.
// NotFound, Io, Invalid; the text names the file.
core::Result<TlsIdentity> read_tls_identity(const std::string& certificate_path,
                                            const std::string& key_path, int64_t now_ns);

}  // namespace mosaico::server
