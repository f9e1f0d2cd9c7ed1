#pragma once

#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace mosaico {

// Root may write everywhere, so tests of permissions act as another user while this lives.
class Unprivileged {
 public:
  Unprivileged() : original_(::geteuid()) {
    if (original_ == 0 && ::seteuid(65534) != 0) throw std::runtime_error("seteuid");
  }
  ~Unprivileged() {
    if (::seteuid(original_) != 0) std::abort();
  }

 private:
  const uid_t original_;
};

}  // namespace mosaico
