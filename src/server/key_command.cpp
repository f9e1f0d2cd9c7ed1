#include "server/key_command.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "core/time.hpp"
#include "server/access/api_keys.hpp"
#include "server/access/key_catalog.hpp"
#include "server/access/rights.hpp"
#include "server/access/token.hpp"
#include "server/daemon.hpp"
#include "server/flags.hpp"

namespace mosaico::server {

using catalog::ApiKey;
using core::error;
using core::Result;
using core::Status;
using nlohmann::json;

namespace {

struct KeyOptions {
  ServerOptions server;
  std::string description;
  std::string rights;
  std::string expires;
  std::string fingerprint;
  bool as_json = false;
};

json to_json(const ApiKey& key, int64_t now_ns) {
  return {{"fingerprint", key.fingerprint},
          {"description", key.description},
          {"rights", rights_list(key.rights)},
          {"created_at_ns", key.created_at_ns},
          {"expires_at_ns", key.expires_at_ns ? json(*key.expires_at_ns) : json(nullptr)},
          {"expired", key.expires_at_ns && *key.expires_at_ns <= now_ns}};
}

std::string expiry_text(const ApiKey& key, int64_t now_ns) {
  if (!key.expires_at_ns) return "never";
  return core::format_datetime_utc(*key.expires_at_ns) +
         (*key.expires_at_ns <= now_ns ? " (expired)" : "");
}

// The token alone goes to stdout, for scripts; what there is to know about it to stderr.
void print_new_key(const NewApiKey& made, const KeyOptions& options, int64_t now_ns) {
  if (options.as_json) {
    json line = to_json(made.key, now_ns);
    line["token"] = made.token;
    std::cout << core::dump(line) << '\n';
    return;
  }
  std::cout << made.token << '\n';
  std::cerr
      << "Key " << made.key.fingerprint << ": rights " << rights_text(made.key.rights)
      << ", expires " << expiry_text(made.key, now_ns)
      << ".\nThe token above is shown this once and kept nowhere; clients send it as their API"
         " key.\n";
}

Status create_key(const KeyOptions& options) {
  const int64_t now_ns = core::system_clock()();
  ApiKeyRequest request{.description = options.description, .rights = {}, .expires_at_ns = {}};
  ARROW_ASSIGN_OR_RAISE(request.rights, parse_rights(options.rights));
  if (!options.expires.empty()) {
    ARROW_ASSIGN_OR_RAISE(request.expires_at_ns, parse_expiry(options.expires, now_ns));
  }
  ARROW_RETURN_NOT_OK(validate(request, now_ns));  // Before a store is made for it.
  ARROW_ASSIGN_OR_RAISE(const auto keys, open_key_catalog(options.server, KeyAccess::Create));
  ARROW_ASSIGN_OR_RAISE(const NewApiKey made, create_api_key(*keys, request, now_ns));
  print_new_key(made, options, now_ns);
  return Status::OK();
}

void print_row(const std::string& fingerprint, const std::string& rights,
               const std::string& expires, const std::string& description) {
  std::printf("%-11s  %-17s  %-30s  %s\n", fingerprint.c_str(), rights.c_str(), expires.c_str(),
              description.c_str());
}

Status list_keys(const KeyOptions& options) {
  ARROW_ASSIGN_OR_RAISE(const auto keys, open_key_catalog(options.server, KeyAccess::Read));
  ARROW_ASSIGN_OR_RAISE(const auto list, keys->list_api_keys());
  const int64_t now_ns = core::system_clock()();
  if (!options.as_json) print_row("FINGERPRINT", "RIGHTS", "EXPIRES", "DESCRIPTION");
  for (const ApiKey& key : list) {
    if (options.as_json) {
      std::printf("%s\n", core::dump(to_json(key, now_ns)).c_str());
    } else {
      print_row(key.fingerprint, rights_text(key.rights), expiry_text(key, now_ns),
                key.description);
    }
  }
  return Status::OK();
}

Status revoke_key(const KeyOptions& options) {
  if (!is_fingerprint(options.fingerprint)) {
    return error(ErrorKind::Invalid,
                 "a fingerprint is 8 hex digits, the last of its token; see `mosaicod key list`");
  }
  ARROW_ASSIGN_OR_RAISE(const auto keys, open_key_catalog(options.server, KeyAccess::Write));
  ARROW_RETURN_NOT_OK(keys->revoke_api_key(options.fingerprint));
  if (options.as_json) {
    std::cout << core::dump(json{{"revoked", options.fingerprint}}) << '\n';
  } else {
    std::cout << "revoked " << options.fingerprint << '\n';
  }
  return Status::OK();
}

using Command = Status (*)(const KeyOptions& options);

void add_commands(CLI::App& app, KeyOptions& options, Command& chosen) {
  CLI::App* create = app.add_subcommand("create", "Make a key; prints its token, this once");
  create->add_option("--description", options.description, "Whose key it is, and what for")
      ->required()
      ->type_name("TEXT");
  create->add_option("--rights", options.rights, "Any of read,write,delete; or none")
      ->required()
      ->type_name("RIGHTS");
  create
      ->add_option("--expires", options.expires,
                   "When it ends: 2027-01-01T00:00:00Z, or from now on 30d, 12h, 90m; never unless "
                   "set")
      ->type_name("TIME");
  create->callback([&chosen] { chosen = create_key; });

  CLI::App* list = app.add_subcommand("list", "List the keys");
  list->callback([&chosen] { chosen = list_keys; });

  CLI::App* revoke = app.add_subcommand("revoke", "Remove a key; the server refuses it at once");
  revoke->add_option("fingerprint", options.fingerprint, "The last 8 characters of its token")
      ->required()
      ->type_name("FINGERPRINT");
  revoke->callback([&chosen] { chosen = revoke_key; });
}

}  // namespace

int run_key_command(const std::vector<std::string>& arguments) {
  KeyOptions options;
  Command command = nullptr;
  CLI::App app("Makes, lists and revokes the API keys of a store, also while a server runs on it",
               "mosaicod key");
  app.require_subcommand(1);
  app.fallthrough();
  add_place_flags(app, options.server);
  app.allow_config_extras(CLI::config_extras_mode::ignore);  // The other settings of the server.
  app.add_flag("--json", options.as_json, "Print one JSON object a line");
  app.footer("A server asks for keys when it runs with --require-api-keys.");
  add_commands(app, options, command);
  try {
    app.parse(with_environment(app, arguments));
  } catch (const CLI::ParseError& failure) {
    return app.exit(failure) == 0 ? 0 : kWrongUsage;
  }
  const Status status = command(options);
  if (status.ok()) return 0;
  std::cerr << "mosaicod key: " << status.message() << '\n';
  return core::is_kind(status, ErrorKind::Invalid) ? kWrongUsage : exit_code(status);
}

}  // namespace mosaico::server
