#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "limits/flight_limit.hpp"
#include "limits/parquet_limit.hpp"
#include "measure.hpp"
#include "recordings.hpp"
#include "samples.hpp"
#include "workloads/families.hpp"

namespace mosaico::bench {

namespace {

// Looks in a run: single ones depend on the scheduler's mood.
constexpr int kLooks = 10;

enum class Span { Window, All };

// 1 % of the topic, somewhere in it; another place at each look, so that nothing is read twice.
StreamOptions options_of(Span span, const ImuRecording& recording, std::mt19937_64& random) {
  if (span == Span::All) return {};
  const std::int64_t rows = recording.rows_per_topic();
  const std::int64_t length = std::max<std::int64_t>(1, rows / 100);
  const auto places = static_cast<std::uint64_t>(std::max<std::int64_t>(1, rows - length));
  const auto first = static_cast<std::int64_t>(random() % places);
  const RowTimes times;
  return {.start_timestamp_ns = times.of(first), .end_timestamp_ns = times.of(first + length)};
}

double first_message_ms(const TopicHandler& topic, const StreamOptions& options) {
  const Stopwatch stopwatch;
  auto streamer = topic.get_data_streamer(options);
  const bool found = streamer.next_view().has_value();
  const double ms = stopwatch.seconds() * 1e3;
  if (!found) throw InternalError("a window of a recording holds no message");
  streamer.close();
  return ms;
}

// The first look of a server that has just started: not even a footer is in its memory.
double first_look_ms(const ImuRecording& recording, Span span, std::mt19937_64& random) {
  const ServerProcess server = ServerProcess::mosaicod(recording.store);
  auto client = MosaicoClient::connect("127.0.0.1", server.port());
  const auto topic = client.topic_handler(recording.sequence, ImuRecording::topic(0)).value();
  return first_message_ms(topic, options_of(span, recording, random));
}

// One size of topic; the value found.
double measure_topic(Bench& bench, Span span, std::int64_t rows, Outcome* outcome) {
  const ImuRecording recording = imu_recording(bench, 1, rows);
  std::mt19937_64 random(1);
  Series series("ms", Series::Limit::Sum);
  for (int repeat = 0; repeat < bench.repeats(); ++repeat) {
    series.add_detail("new_server_ms", first_look_ms(recording, span, random));
  }
  const ServerProcess server = ServerProcess::mosaicod(recording.store);
  auto client = MosaicoClient::connect("127.0.0.1", server.port());
  const auto topic = client.topic_handler(recording.sequence, ImuRecording::topic(0)).value();
  FlightLimit flight;
  flight.round_trip_seconds();
  const auto files = parquet_files(recording.store);
  for (int repeat = 0; repeat < bench.repeats(); ++repeat) {
    std::vector<double> looks;
    std::vector<double> row_groups;
    std::vector<double> round_trips;
    Run run = measured(&server, [&] {
      for (int look = 0; look < kLooks; ++look) {
        looks.push_back(first_message_ms(topic, options_of(span, recording, random)));
      }
    });
    for (int look = 0; look < kLooks; ++look) {
      const RowGroupReader reader(files[random() % files.size()]);
      const auto group = static_cast<int>(random() % static_cast<unsigned>(reader.row_groups()));
      row_groups.push_back(reader.read_seconds(group) * 1e3);
      round_trips.push_back(flight.round_trip_seconds() * 1e3);
    }
    run.value = median(looks);
    series.add(run);
    series.add_limit("one row group", median(row_groups));
    series.add_limit("one round trip", median(round_trips));
    series.add_detail("slowest_look_ms", *std::max_element(looks.begin(), looks.end()));
  }
  *outcome = series.outcome(std::to_string(recording.rows) + " rows");
  return outcome->value;
}

void measure_topics(Bench& bench, Span span) {
  double smallest = 0;
  for (const std::int64_t part : {100, 10, 1}) {
    Outcome outcome;
    const double value =
        measure_topic(bench, span, std::max<std::int64_t>(1, bench.rows() / part), &outcome);
    if (part == 100) smallest = value;
    outcome.details["of_smallest"] = value / smallest;
    bench.report(outcome);
  }
}

}  // namespace

void window(Bench& bench) { measure_topics(bench, Span::Window); }
void first_message(Bench& bench) { measure_topics(bench, Span::All); }

}  // namespace mosaico::bench
