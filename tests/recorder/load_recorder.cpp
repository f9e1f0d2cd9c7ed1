// A recorder for crashes: records the topics of load.hpp at once, goes on where a former run of it
// ended, and keeps an account of what was acknowledged, in a file of its own. Prints "recording"
// when it begins; SIGTERM makes it finish the sequence and print "finished".
//
// Usage: test_load_recorder PORT|DIRECTORY SEQUENCE ACCOUNT SEED
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "mosaico/mosaico.hpp"
#include "recorder/load.hpp"

namespace mosaico {
namespace {

constexpr std::int64_t kUnacknowledgedRowsMax = 500;

std::atomic<bool> stopped = false;

MosaicoClient client_of(const std::string& target) {
  if (target.find_first_not_of("0123456789") != std::string::npos) {
    return MosaicoClient::open(target);
  }
  return MosaicoClient::connect("127.0.0.1", std::stoi(target));
}

// Batches of a single row up to whole bursts.
WriterConfig config_of(std::mt19937& random) {
  constexpr std::array<std::size_t, 4> kBatchRows = {1, 7, 50, 32'768};
  constexpr std::array<int, 3> kBatchAgesMs = {2, 20, 200};
  WriterConfig config;
  config.on_error = OnErrorPolicy::Report;
  config.max_batch_size_records = kBatchRows.at(random() % kBatchRows.size());
  config.max_batch_age = std::chrono::milliseconds(kBatchAgesMs.at(random() % 3));
  config.memory_budget_bytes = std::size_t{256} << 20;
  config.reconnect_time = std::chrono::seconds(120);
  return config;
}

// Appends "<topic> <rows>" lines with one write each, so that none is torn by a kill.
class Account {
 public:
  explicit Account(const std::string& path)
      : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
    if (file_ < 0) throw std::runtime_error("cannot open " + path);
  }
  void note(const char* topic, std::int64_t rows) const {
    const std::string line = std::string(topic) + " " + std::to_string(rows) + "\n";
    if (::write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
      throw std::runtime_error("the account cannot be written");
    }
  }

 private:
  const int file_;
};

// Records one topic until it is told to stop; then all its rows are acknowledged.
void record(const LoadTopic& topic, TopicWriter writer, const Account& account, unsigned seed) {
  std::mt19937 random(seed);
  auto next = writer.stats().resumed_rows;
  std::int64_t noted = 0;
  const auto note = [&] {
    const auto stats = writer.stats();
    const auto rows = stats.resumed_rows + stats.acknowledged_rows;
    if (rows > noted) account.note(topic.name, rows);
    noted = std::max(noted, rows);
  };
  while (!stopped) {
    const auto burst_end = next + 1 + static_cast<std::int64_t>(random() % topic.burst_rows_max);
    for (; next < burst_end; ++next) {
      writer.push(load_row(topic, next), load_timestamp_ns(topic, next));
    }
    if (random() % 2 == 0 || next - noted > kUnacknowledgedRowsMax) writer.flush();
    note();
  }
  writer.flush();
  note();
}

SequenceWriter open_sequence(MosaicoClient& client, const std::string& name,
                             const WriterConfig& config) {
  const auto left = client.sequence_handler(name);
  if (!left) return client.sequence_create(name, {}, config);
  if (!left->topics().empty()) return client.sequence_resume(name, config);
  // The former run may have ended before it had a session to go on with.
  client.sequence_delete(name);
  return client.sequence_create(name, {}, config);
}

// Ends the process at once, like a crash of another kind: nothing is waited for, nothing reported.
[[noreturn]] void give_up(const std::exception& error) {
  std::cerr << "recorder: " << error.what() << '\n' << std::flush;
  std::_Exit(1);
}

// Nothing when the former run ended while it finished, with this topic and not with all.
std::optional<TopicWriter> open_topic(SequenceWriter& sequence, const LoadTopic& topic) {
  try {
    return sequence.topic_create<LoadRow>(topic.name);
  } catch (const LockedError&) {
    return std::nullopt;
  } catch (const std::exception& error) {
    give_up(error);  // Its threads would wait for a server that the test has not started yet.
  }
}

bool is_finalized(MosaicoClient& client, const std::string& name) {
  const auto sequence = client.sequence_handler(name);
  if (!sequence) return false;
  const auto& sessions = sequence->sequence_info().sessions;
  return std::any_of(sessions.begin(), sessions.end(),
                     [](const auto& each) { return each.completed_at_ns.has_value(); });
}

void run(const std::vector<std::string>& arguments) {
  std::mt19937 random(static_cast<unsigned>(std::stoul(arguments.at(3))));
  auto client = client_of(arguments.at(0));
  const Account account(arguments.at(2));
  // The former run may have ended before it was told that it was done.
  if (!is_finalized(client, arguments.at(1))) {
    auto sequence = open_sequence(client, arguments.at(1), config_of(random));
    std::vector<std::jthread> threads;
    for (const LoadTopic& topic : kLoadTopics) {
      const auto writer = open_topic(sequence, topic);
      if (!writer) continue;
      threads.emplace_back([&topic, &account, writer, seed = random()] {
        try {
          record(topic, *writer, account, static_cast<unsigned>(seed));
        } catch (const std::exception& error) {
          give_up(error);
        }
      });
    }
    std::cout << "recording" << '\n' << std::flush;
    threads.clear();
    sequence.close();
  }
  std::cout << "finished" << '\n' << std::flush;
}

}  // namespace
}  // namespace mosaico

int main(int argc, char** argv) {
  ::signal(SIGTERM, [](int) { mosaico::stopped = true; });
  try {
    mosaico::run(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& error) {
    mosaico::give_up(error);
  }
}
