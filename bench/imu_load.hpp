#pragma once

#include <cstdint>
#include <vector>

#include "bench.hpp"
#include "mosaico/mosaico.hpp"

// The work that several workloads share.
namespace mosaico::bench {

// One thread pushes IMU rows to the topics in turn, and waits until all are acknowledged.
void push_in_turn(std::vector<TopicWriter>& topics, std::int64_t rows);

// Messages a second of reading a topic, or a sequence with its topics merged, and looking into each
// message. Throws unless there are `rows` of them.
Run read_topic(const ServerProcess& server, const TopicHandler& topic, std::int64_t rows);
Run read_sequence(const ServerProcess& server, const SequenceHandler& sequence, std::int64_t rows);

// Throws InternalError when they differ.
void expect_rows(std::int64_t actual, std::int64_t expected);

}  // namespace mosaico::bench
