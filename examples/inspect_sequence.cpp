// Looks at a sequence without downloading any sensor data.

#include <iostream>

#include "example_store.hpp"
#include "mosaico/mosaico.hpp"

using namespace mosaico;

int main(int argc, char** argv) {
  return example::run(argc, argv, [](MosaicoClient& client) {
    example::record_drive_if_absent(client);

    // What is there: a page of summaries at a time, in order of name.
    for (const SequenceSummary& summary : client.list_sequences().sequences) {
      std::cout << summary.name << ": " << summary.topics << " topics, " << summary.rows
                << " messages, " << summary.bytes << " bytes\n";
    }

    // A look-up of something that is not there is no error: it is an empty optional.
    example::expect(!client.sequence_handler("no_such_mission"), "an empty optional");

    // A handler is a snapshot of what the platform knows about a sequence.
    const auto sequence = client.sequence_handler(example::kDrive);
    example::expect(sequence.has_value(), "the drive is there");
    const SequenceInfo& info = sequence->sequence_info();
    std::cout << "\n" << sequence->name() << ", recorded " << info.created_datetime << "\n";
    std::cout << "  metadata: " << sequence->user_metadata().dump() << "\n";
    std::cout << "  size: " << info.total_size_bytes << " bytes in " << info.sessions.size()
              << " session(s); " << (info.is_locked ? "immutable" : "still changing") << "\n";

    // The times of the first and the last message, of any topic.
    const auto first = sequence->timestamp_ns_min();
    const auto last = sequence->timestamp_ns_max();
    example::expect(first == example::kDriveStart && last > first, "the drive has a length");
    std::cout << "  from " << *first << " ns to " << *last << " ns\n";

    for (const std::string& name : sequence->topics()) {
      const auto topic = sequence->get_topic_handler(name);
      std::cout << "  " << name << ": " << topic->topic_info().total_rows << " × "
                << topic->topic_info().ontology_tag << "\n";
    }
    example::expect(sequence->topics().size() == 2, "an IMU and a GPS");
  });
}
