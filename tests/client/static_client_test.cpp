// A client in a static object, which goes while the process ends.
#include <cstdlib>

#include <gtest/gtest.h>

#include "mosaico/mosaico.hpp"
#include "support/numbered.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico {
namespace {

[[noreturn]] void record_and_exit() {
  static const TemporaryDirectory kDirectory;
  // What the engine makes static by itself comes later, and so would be destroyed before it.
  static MosaicoClient client = MosaicoClient::open(kDirectory.path());
  static SequenceWriter sequence = client.sequence_create("run");
  static TopicWriter topic = sequence.topic_create<Numbered>("topic");
  topic.push(Numbered{.number = 1}, 1);
  std::exit(client.sequence_handler("run") ? 0 : 1);
}

TEST(StaticClientDeathTest, EndsItsRecordingWithTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(record_and_exit(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace mosaico
