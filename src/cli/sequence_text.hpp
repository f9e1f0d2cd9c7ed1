#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "mosaico/client.hpp"

// Sequences and topics as objects of `--json`: times in ns, sizes in bytes.
namespace mosaico::cli {

std::string_view state_name(SequenceState state);

// {name, state, created_at_ns, topics, rows, bytes, timestamp_ns_min, timestamp_ns_max}
nlohmann::json to_json(const SequenceSummary& summary);
// The same of the sequence as a whole, with its metadata, its sessions and each of its topics.
nlohmann::json to_json(const SequenceHandler& sequence);
// {name, ontology_tag, serialization_format, rows, bytes, chunks, timestamp_ns_min,
// timestamp_ns_max, metadata}
nlohmann::json to_json(const TopicHandler& topic);

}  // namespace mosaico::cli
