#include <algorithm>
#include <optional>

#include "bare_client.hpp"
#include "imu_load.hpp"
#include "limits/flight_limit.hpp"
#include "measure.hpp"
#include "recordings.hpp"
#include "samples.hpp"
#include "workloads/families.hpp"

namespace mosaico::bench {

namespace {

constexpr std::int64_t kKeptBytes = 128 << 20;

// A server on a recording, with a bare client that scans its first topic.
class Scanner {
 public:
  explicit Scanner(const ImuRecording& recording)
      : recording_(recording),
        server_(ServerProcess::mosaicod(recording.store)),
        client_(server_.port()),
        ticket_(client_.ticket(recording.sequence, ImuRecording::topic(0))) {}

  const ServerProcess& server() const { return server_; }
  Run scan() {
    return measured_rate(&server_, static_cast<double>(recording_.rows_per_topic()), [&] {
      const auto drained = client_.drain(ticket_);
      first_batch_s_ = drained.first_batch_s;
      expect_rows(drained.rows, recording_.rows_per_topic());
    });
  }
  double first_batch_s() const { return first_batch_s_; }
  FlightLimit::Batches some_batches() { return client_.read(ticket_, kKeptBytes); }

 private:
  const ImuRecording recording_;
  const ServerProcess server_;
  BareClient client_;
  const std::string ticket_;
  double first_batch_s_ = 0;
};

void add_scan(Scanner& scanner, Series* series) {
  series->add(scanner.scan());
  series->add_detail("first_batch_ms", scanner.first_batch_s() * 1e3);
}

// A server on a recording and the SDK's view of it.
struct Opened {
  explicit Opened(const ImuRecording& recording)
      : server(ServerProcess::mosaicod(recording.store)),
        client(MosaicoClient::connect("127.0.0.1", server.port())),
        sequence(client.sequence_handler(recording.sequence).value()) {}

  ServerProcess server;
  MosaicoClient client;
  SequenceHandler sequence;
};

void merge(Bench& bench, int topics) {
  const ImuRecording merged = imu_recording(bench, topics, bench.rows());
  const ImuRecording single = imu_recording(bench, 1, merged.rows);
  const Opened many(merged);
  const Opened one(single);
  const auto topic = one.sequence.get_topic_handler(ImuRecording::topic(0)).value();
  Series series("msg/s");
  for (int repeat = 0; repeat < bench.repeats(); ++repeat) {
    series.add_limit("read_imu", read_topic(one.server, topic, single.rows).value);
    series.add(read_sequence(many.server, many.sequence, merged.rows));
  }
  bench.report(series.outcome());
}

}  // namespace

void scan_2m(Bench& bench) {
  Scanner scanner(imu_recording(bench, 1, bench.rows()));
  FlightLimit limit;
  limit.keep(scanner.some_batches());
  Series series("rows/s");
  for (int repeat = 0; repeat < bench.repeats(); ++repeat) {
    series.add_limit("Flight DoGet",
                     static_cast<double>(bench.rows()) / limit.give_seconds(bench.rows()));
    add_scan(scanner, &series);
  }
  bench.report(series.outcome());
}

void scan_20m(Bench& bench) {
  Scanner scanner(imu_recording(bench, 1, bench.rows()));
  Scanner shorter(imu_recording(bench, 1, std::max<std::int64_t>(1, bench.rows() / 10)));
  FlightLimit limit;
  limit.keep(scanner.some_batches());
  Series series("rows/s");
  Series short_series("rows/s");
  for (int repeat = 0; repeat < bench.repeats(); ++repeat) {
    series.add_limit("Flight DoGet",
                     static_cast<double>(bench.rows()) / limit.give_seconds(bench.rows()));
    add_scan(scanner, &series);
    add_scan(shorter, &short_series);
  }
  Outcome outcome = series.outcome();
  outcome.details["shorter_value"] = short_series.outcome().value;
  outcome.details["of_shorter"] = outcome.value / short_series.outcome().value;
  bench.report(outcome);
}

void read_imu(Bench& bench) {
  const ImuRecording recording = imu_recording(bench, 1, bench.rows());
  Scanner scanner(recording);
  auto client = MosaicoClient::connect("127.0.0.1", scanner.server().port());
  const auto topic = client.topic_handler(recording.sequence, ImuRecording::topic(0)).value();
  Series series("msg/s");
  for (int repeat = 0; repeat < bench.repeats(); ++repeat) {
    series.add_limit("scan", scanner.scan().value);
    series.add(read_topic(scanner.server(), topic, recording.rows));
  }
  bench.report(series.outcome());
}

void merge_8(Bench& bench) { merge(bench, 8); }
void merge_200(Bench& bench) { merge(bench, 200); }

}  // namespace mosaico::bench
