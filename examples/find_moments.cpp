// Finds recordings by what happened in them, and streams only those moments.

#include <iostream>

#include "example_store.hpp"
#include "mosaico/mosaico.hpp"

using namespace mosaico;

int main(int argc, char** argv) {
  return example::run(argc, argv, [](MosaicoClient& client) {
    example::record_drive_if_absent(client);

    // Which recordings of a rover turned hard? Q<IMU> has the members of IMU: a name that does not
    // exist, or a text in place of the number, would not compile.
    const Query hard_turn = QueryOntologyCatalog(Q<IMU>.angular_velocity.z.gt(0.09));
    const QueryResult found = client.query(
        QuerySequence(Sequence::Q.user_metadata["vehicle.model"].match("rover")).with(hard_turn));
    for (const auto& item : found.items) {
      for (const auto& topic : item.topics) {
        std::cout << item.sequence << topic.name << " (" << topic.ontology_tag << ")\n";
      }
    }
    example::expect(found.items.size() == 1, "the drive is found");

    // When? Matches at most a tenth of a second apart are one moment.
    const auto drive = client.sequence_handler(example::kDrive);
    const auto imu = drive->get_topic_handler("sensors/imu");
    const auto moments = imu->clusterize(hard_turn, {.clustering_dt_ns = example::kSecond / 10});
    example::expect(!moments.empty(), "the turn has a time");
    for (const TimeWindow& moment : moments) {
      std::int64_t messages = 0;
      for (const auto& [topic, message] : drive->get_data_streamer(moment)) {
        messages += topic.empty() ? 0 : 1;
      }
      std::cout << "  from " << moment.start_timestamp_ns << " ns: " << messages
                << " messages of all topics\n";
    }

    // And when did it turn hard while the fix was good? Fixes come ten times a second.
    const Query good_fix = QueryOntologyCatalog(Q<GPS>.status.status.eq(GPSStatus::kFix));
    const auto together = drive->intersect({{"sensors/imu", hard_turn}, {"sensors/gps", good_fix}},
                                           {.clustering_dt_ns = example::kSecond / 5});
    std::cout << "with a good fix: " << together.size() << " moment(s)\n";
    example::expect(!together.empty(), "both hold together");

    // Types without a C++ class are asked by path. A name that no recording has is an error that
    // tells those there are.
    try {
      client.query(QueryOntologyCatalog(OntologyField("IMU.turn_rate").gt(1)));
      example::expect(false, "a column that does not exist is refused");
    } catch (const InvalidError& error) {
      std::cout << "refused: " << error.what() << "\n";
    }
  });
}
