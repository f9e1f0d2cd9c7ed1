#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "bare_client.hpp"
#include "core/error.hpp"
#include "limits/catalog_limit.hpp"
#include "limits/flight_limit.hpp"
#include "limits/parquet_limit.hpp"
#include "measure.hpp"
#include "protocol/actions.hpp"
#include "recordings.hpp"
#include "samples.hpp"
#include "workloads/families.hpp"

namespace mosaico::bench {

namespace {

constexpr int kQueries = 20;  // In a run, each for something else.

void expect_hits(std::size_t actual, std::int64_t expected) {
  if (static_cast<std::int64_t>(actual) == expected) return;
  core::throw_if_error(core::error(ErrorKind::Internal, "a query found ", actual,
                                   " sequences or topics in place of ", expected));
}

// A question, to the SDK and to SQLite; `at` chooses what it is for.
struct MetadataQuestion {
  const char* variant;
  Query (*query)(std::int64_t at, std::int64_t sequences);
  std::string (*where)(std::int64_t at, std::int64_t sequences);
};

std::int64_t range_of(std::int64_t sequences) { return std::max<std::int64_t>(1, sequences / 100); }

const std::vector<MetadataQuestion>& questions() {
  static const std::vector<MetadataQuestion> kAll = {
      {"1 hit",
       [](std::int64_t at, std::int64_t) -> Query {
         return QuerySequence(Sequence::Q.user_metadata["serial"].eq("s" + std::to_string(at)));
       },
       [](std::int64_t at, std::int64_t) {
         return "key = 'serial' AND text = 's" + std::to_string(at) + "'";
       }},
      {"100 hits",
       [](std::int64_t at, std::int64_t) -> Query {
         return QuerySequence(
             Sequence::Q.user_metadata["lot"].eq("lot-" + std::to_string(at / 100)));
       },
       [](std::int64_t at, std::int64_t) {
         return "key = 'lot' AND text = 'lot-" + std::to_string(at / 100) + "'";
       }},
      {"range",
       [](std::int64_t at, std::int64_t sequences) -> Query {
         return QuerySequence(
             Sequence::Q.user_metadata["mileage"].between(at, at + range_of(sequences) - 1));
       },
       [](std::int64_t at, std::int64_t sequences) {
         return "key = 'mileage' AND number BETWEEN " + std::to_string(at) + " AND " +
                std::to_string(at + range_of(sequences) - 1);
       }},
  };
  return kAll;
}

// Where the n-th question looks; its answers lie inside the catalog.
std::int64_t place_of(int number, std::int64_t sequences) {
  const std::int64_t lots = std::max<std::int64_t>(1, sequences / 100 - 2);
  return number * 37 % lots * 100;
}

void ask_metadata(Bench& bench, const MetadataQuestion& question, const ServerProcess& server,
                  BareCatalog& catalog, FlightLimit& flight) {
  auto client = MosaicoClient::connect("127.0.0.1", server.port());
  Series series("ms", Series::Limit::Sum);
  int number = 0;
  for (int repeat = 0; repeat < bench.repeats(); ++repeat) {
    std::vector<double> asked;
    std::vector<double> bare;
    std::vector<double> round_trips;
    std::int64_t hits = 0;
    Run run = measured(&server, [&] {
      for (int i = 0; i < kQueries; ++i) {
        const std::int64_t at = place_of(number++, bench.rows());
        const Query query = question.query(at, bench.rows());
        const Stopwatch stopwatch;
        const auto found = client.query(query);
        asked.push_back(stopwatch.seconds() * 1e3);
        const auto answer = catalog.find(question.where(at, bench.rows()));
        bare.push_back(answer.seconds * 1e3);
        round_trips.push_back(flight.round_trip_seconds() * 1e3);
        expect_hits(found.items.size(), answer.hits);
        hits = answer.hits;
      }
    });
    run.value = median(asked);
    series.add(run);
    series.add_limit("bare SQL", median(bare));
    series.add_limit("one round trip", median(round_trips));
    series.add_detail("hits", static_cast<double>(hits));
  }
  bench.report(series.outcome(question.variant));
}

}  // namespace

void query_metadata(Bench& bench) {
  const auto store = bench.new_path("catalog");
  Bench::note("making a catalog of " + std::to_string(bench.rows()) + " sequences");
  make_catalog(store, bench.rows());
  const ServerProcess server = ServerProcess::mosaicod(store);
  BareCatalog catalog(store);
  FlightLimit flight;
  flight.round_trip_seconds();
  for (const MetadataQuestion& question : questions()) {
    ask_metadata(bench, question, server, catalog, flight);
  }
}

namespace {

constexpr double kSpike = 1000;  // No other acceleration is nearly as large.
constexpr int kTopicsMax = 1000;
constexpr int kScanThreads = 2;

// Bounds in the midst of all accelerations with no value between them: statistics cannot tell.
struct Gap {
  double low = 0;
  double high = 0;
};

Gap gap_between_values() {
  std::vector<double> values;
  for (const ImuValues& sample : imu_values()) values.push_back(sample.acceleration[0]);
  std::sort(values.begin(), values.end());
  std::size_t widest = values.size() * 2 / 5;
  for (std::size_t i = widest; i < values.size() * 3 / 5; ++i) {
    if (values[i + 1] - values[i] > values[widest + 1] - values[widest]) widest = i;
  }
  return {.low = values[widest], .high = values[widest + 1]};
}

struct DataQuestion {
  const char* variant;
  Query query;
  double low;
  double high;
  std::int64_t hits;  // Topics.
  int queries;        // In a run.
};

void ask_data(Bench& bench, const DataQuestion& question, const ImuRecording& recording) {
  const ServerProcess server = ServerProcess::mosaicod(recording.store);
  BareClient client(server.port());
  const auto files = parquet_files(recording.store);
  const auto body = question.query.to_json();
  Series series("queries/s");
  for (int repeat = 0; repeat < bench.repeats(); ++repeat) {
    const auto scan =
        filtered_scan(files, "acceleration.x", question.low, question.high, kScanThreads);
    expect_hits(static_cast<std::size_t>(scan.matches), question.hits);
    series.add_limit("Arrow's scan", 1 / scan.seconds);
    series.add_detail("scan_row_groups", static_cast<double>(scan.row_groups_read));
    series.add(measured_rate(&server, question.queries, [&] {
      for (int i = 0; i < question.queries; ++i) {
        const auto answer = client.query(body);
        std::size_t topics = 0;
        for (const auto& item : answer.items) topics += item.topics.size();
        expect_hits(topics, question.hits);
      }
    }));
  }
  Outcome outcome = series.outcome(question.variant);
  outcome.details["topics"] = recording.topics;
  outcome.details["rows"] = recording.rows;
  bench.report(outcome);
}

}  // namespace

void query_data(Bench& bench) {
  const auto topics =
      static_cast<int>(std::clamp<std::int64_t>(bench.rows() / 1000, 2, kTopicsMax));
  const ImuRecording recording = imu_recording(bench, topics, bench.rows(), kSpike);
  ask_data(bench,
           {.variant = "prunable",
            .query = QueryOntologyCatalog(Q<IMU>.acceleration.x.gt(kSpike / 2)),
            .low = kSpike / 2,
            .high = std::numeric_limits<double>::infinity(),
            .hits = 1,
            .queries = kQueries},
           recording);
  const Gap gap = gap_between_values();
  const double inset = (gap.high - gap.low) / 4;
  ask_data(bench,
           {.variant = "not prunable",
            .query = QueryOntologyCatalog(
                Q<IMU>.acceleration.x.between(gap.low + inset, gap.high - inset)),
            .low = gap.low + inset,
            .high = gap.high - inset,
            .hits = 0,
            .queries = 1},
           recording);
}

}  // namespace mosaico::bench
