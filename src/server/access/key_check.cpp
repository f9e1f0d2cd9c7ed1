#include "server/access/key_check.hpp"

#include <arrow/flight/server.h>

#include <string>
#include <utility>

#include "protocol/headers.hpp"
#include "server/access/api_keys.hpp"
#include "server/access/rights.hpp"
#include "server/guard.hpp"

namespace mosaico::server {

namespace flight = arrow::flight;
using core::error;
using core::Result;
using core::Status;

namespace {

Status check_right(const catalog::ApiKey& key, Right right, std::string_view call) {
  if (has_right(key.rights, right)) return Status::OK();
  return error(ErrorKind::PermissionDenied, "the API key ", key.fingerprint,
               " lacks the right that ", call, " needs: ", right_name(right));
}

// The key of one call, for as long as it runs.
class CallKey final : public flight::ServerMiddleware {
 public:
  explicit CallKey(catalog::ApiKey key) : key_(std::move(key)) {}

  const catalog::ApiKey& key() const { return key_; }

  std::string name() const override { return kKeyCheck; }
  void SendingHeaders(flight::AddCallHeaders*) override {}
  void CallCompleted(const Status&) override {}

 private:
  const catalog::ApiKey key_;
};

class KeyCheck final : public flight::ServerMiddlewareFactory {
 public:
  KeyCheck(std::shared_ptr<catalog::Catalog> keys, core::Clock clock)
      : keys_(std::move(keys)), clock_(std::move(clock)) {}

  Status StartCall(const flight::CallInfo& info, const flight::ServerCallContext& context,
                   std::shared_ptr<flight::ServerMiddleware>* middleware) override {
    const std::string call = flight::ToString(info.method);
    return handle(call, [&]() -> Status {
      ARROW_ASSIGN_OR_RAISE(catalog::ApiKey key, key_of(context));
      ARROW_RETURN_NOT_OK(check_right(key, right_of_method(info.method), call));
      *middleware = std::make_shared<CallKey>(std::move(key));
      return Status::OK();
    });
  }

 private:
  Result<catalog::ApiKey> key_of(const flight::ServerCallContext& context) const {
    const auto [first, last] = context.incoming_headers().equal_range(protocol::kApiKeyHeader);
    if (first == last) {
      return error(ErrorKind::Unauthenticated,
                   "this server asks for an API key, and the call carries none (header ",
                   protocol::kApiKeyHeader, ")");
    }
    if (std::next(first) != last) {
      return error(ErrorKind::Unauthenticated, "the call carries more than one API key");
    }
    return recognize_token(*keys_, first->second, clock_());
  }

  const std::shared_ptr<catalog::Catalog> keys_;
  const core::Clock clock_;
};

}  // namespace

std::shared_ptr<flight::ServerMiddlewareFactory> make_key_check(
    std::shared_ptr<catalog::Catalog> keys, core::Clock clock) {
  return std::make_shared<KeyCheck>(std::move(keys), std::move(clock));
}

Status check_action(const flight::ServerCallContext& context, std::string_view action) {
  const auto* const call = static_cast<const CallKey*>(context.GetMiddleware(kKeyCheck));
  if (call == nullptr) return error(ErrorKind::Internal, "a call passed without its API key");
  // A name that is no action has nothing behind it; its handler says so.
  return check_right(call->key(), right_of_action(action).value_or(Right::None), action);
}

}  // namespace mosaico::server
