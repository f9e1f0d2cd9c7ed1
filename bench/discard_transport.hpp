#pragma once

#include <string>

#include "mosaico/config.hpp"
#include "mosaico/writer.hpp"

namespace mosaico::bench {

// A sequence whose batches are sealed and made ready to be sent as ever, and dropped where they
// would meet the network: what a push costs its caller, and nothing else.
SequenceWriter discarding_sequence(const std::string& name, const WriterConfig& config = {});

}  // namespace mosaico::bench
