#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "mosaico/mosaico.hpp"
#include "recorder/load.hpp"

namespace mosaico {

// Rows of each topic that are acknowledged; read_account() reads what test_load_recorder noted.
using Acknowledged = std::map<std::string, std::int64_t>;
Acknowledged read_account(const std::filesystem::path& account);
std::int64_t sum_of(const Acknowledged& acknowledged);

enum class Extent {
  AtLeast,  // Rows may be there whose acknowledgement was still on its way.
  Exactly,
};

// Reads every topic back: at least the acknowledged rows are there, each row once, with its bytes,
// in the order of time, and none is left out before the last one. Fails the test where that is not
// so. Gives the number of rows that were compared.
std::int64_t check_rows(MosaicoClient& client, const std::string& sequence,
                        std::span<const LoadTopic> topics, const Acknowledged& acknowledged,
                        Extent extent);

}  // namespace mosaico
