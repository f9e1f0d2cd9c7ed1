// A recorder to be killed: records numbered rows into topics t0, t1, …, goes on where a former run
// of it was killed, and says when all of them are acknowledged. Then it waits for its end.
//
// Usage: test_recorder PORT|DIRECTORY SEQUENCE TOPICS ROWS
#include <unistd.h>

#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include "mosaico/mosaico.hpp"
#include "support/numbered.hpp"

namespace mosaico {
namespace {

MosaicoClient client_of(const std::string& target) {
  if (target.find_first_not_of("0123456789") != std::string::npos) {
    return MosaicoClient::open(target);
  }
  return MosaicoClient::connect("127.0.0.1", std::stoi(target));
}

int run(const std::vector<std::string>& arguments) {
  auto client = client_of(arguments.at(0));
  const std::string& name = arguments.at(1);
  auto sequence = client.sequence_handler(name).has_value() ? client.sequence_resume(name)
                                                            : client.sequence_create(name);
  std::vector<TopicWriter> topics;
  for (int i = 0; i < std::stoi(arguments.at(2)); ++i) {
    topics.push_back(sequence.topic_create<Numbered>("t" + std::to_string(i)));
  }
  const std::int64_t rows = std::stoll(arguments.at(3));
  for (TopicWriter& topic : topics) {
    for (auto row = topic.stats().resumed_rows; row < rows; ++row) {
      topic.push(Numbered{.number = row}, row);
    }
    topic.flush();
  }
  std::cout << "acknowledged" << '\n' << std::flush;
  ::pause();
  return 0;
}

}  // namespace
}  // namespace mosaico

int main(int argc, char** argv) {
  try {
    return mosaico::run(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& error) {
    std::cout << error.what() << '\n' << std::flush;
    return 1;
  }
}
