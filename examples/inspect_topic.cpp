// Looks at one topic: what it holds, when, and how its messages are made.

#include <iostream>

#include "example_store.hpp"
#include "mosaico/mosaico.hpp"

using namespace mosaico;

int main(int argc, char** argv) {
  return example::run(argc, argv, [](MosaicoClient& client) {
    example::record_drive_if_absent(client);

    // Names are taken with or without the leading slash, and given back with it.
    const auto topic = client.topic_handler(example::kDrive, "sensors/gps");
    example::expect(topic.has_value(), "the topic is there");
    const TopicInfo& info = topic->topic_info();
    std::cout << topic->sequence_name() << topic->name() << "\n"
              << "  created:  " << info.created_datetime << "\n"
              << "  metadata: " << topic->user_metadata().dump() << "\n"
              << "  messages: " << info.total_rows << " of type " << info.ontology_tag << "\n"
              << "  stored:   " << info.total_size_bytes << " bytes, "
              << serialization_format_name(SerializationFormat::Default) << " format, "
              << info.chunks_number << " chunk(s)\n"
              << "  from      " << topic->timestamp_ns_min().value_or(0) << " ns\n"
              << "  to        " << topic->timestamp_ns_max().value_or(0) << " ns\n";

    // The columns come from the topic itself: this works for types no C++ class describes, too.
    std::cout << "  columns:\n";
    for (const Field& field : topic->ontology_type().schema().fields) {
      std::cout << "    " << field.name << (field.nullable ? "" : " (always set)") << ": "
                << field.description << "\n";
    }

    // A type is a value: compare it with that of a class.
    example::expect(topic->ontology_type() == ontology_type<GPS>(), "this is the built-in GPS");
    example::expect(info.total_rows == 10 * example::kDriveSeconds, "ten fixes a second");
  });
}
