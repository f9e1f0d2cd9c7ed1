#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "bare_client.hpp"
#include "core/error.hpp"
#include "limits/disk_limit.hpp"
#include "limits/flight_limit.hpp"
#include "measure.hpp"
#include "samples.hpp"
#include "workloads/families.hpp"

namespace mosaico::bench {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kFramePeriodNs = 33'333'333;

struct Cameras {
  int count = 1;
  std::int32_t width = 640;
  std::int32_t height = 480;
  Picture picture = Picture::Noise;

  double frame_bytes() const { return 3.0 * width * height; }
  Image frame(std::int64_t number) const { return raw_frame(picture, width, height, number); }
  std::string variant() const {
    return std::to_string(count) + (count == 1 ? " camera, " : " cameras, ") +
           picture_name(picture);
  }
};

// The cameras take turns; `frames` are those of all of them.
void push_frames(std::vector<TopicWriter>& topics, const Cameras& cameras, std::int64_t frames) {
  for (std::int64_t number = 0; number < frames; ++number) {
    topics[static_cast<std::size_t>(number) % topics.size()].push(
        cameras.frame(number), kStartNs + number * kFramePeriodNs);
  }
  for (TopicWriter& topic : topics) topic.flush();
}

SequenceWriter begin_cameras(MosaicoClient& client, const Cameras& cameras,
                             std::vector<TopicWriter>* topics) {
  SequenceWriter sequence = client.sequence_create("cameras");
  for (int i = 0; i < cameras.count; ++i) {
    topics->push_back(sequence.topic_create<Image>("camera_" + std::to_string(i)));
  }
  return sequence;
}

void ingest_frames(Bench& bench, const Cameras& cameras) {
  const double bytes = cameras.frame_bytes() * static_cast<double>(bench.rows());
  for (int i = 0; i < 4; ++i) cameras.frame(i);  // Made before anything is measured.
  Series series("MB/s");
  const fs::path limit_directory = bench.new_path("limit");
  for (int repeat = 0; repeat < bench.repeats(); ++repeat) {
    series.add_limit(
        "write and sync",
        bytes / 1e6 / write_seconds(limit_directory, static_cast<std::int64_t>(bytes)));
    const fs::path store = bench.new_path("store");
    {
      const ServerProcess server = ServerProcess::mosaicod(store);
      auto client = MosaicoClient::connect("127.0.0.1", server.port());
      std::vector<TopicWriter> topics;
      SequenceWriter sequence = begin_cameras(client, cameras, &topics);
      series.add(
          measured_rate(&server, bytes / 1e6, [&] { push_frames(topics, cameras, bench.rows()); }));
      sequence.close();
    }
    series.add_detail("stored_share", static_cast<double>(stored_bytes(store, ".parquet")) / bytes);
    fs::remove_all(store);
  }
  bench.report(series.outcome(cameras.variant()));
}

}  // namespace

void ingest_images(Bench& bench) {
  for (const int count : {1, 4}) {
    for (const Picture picture : {Picture::Noise, Picture::Photograph}) {
      ingest_frames(bench, {.count = count, .picture = picture});
    }
  }
}

void ingest_4k(Bench& bench) {
  for (const Picture picture : {Picture::Noise, Picture::Photograph}) {
    ingest_frames(bench, {.width = 3840, .height = 2160, .picture = picture});
  }
}

void read_images(Bench& bench) {
  const Cameras cameras{.picture = Picture::Photograph};
  const double megabytes = cameras.frame_bytes() * static_cast<double>(bench.rows()) / 1e6;
  const fs::path store = bench.new_path("store");
  const ServerProcess server = ServerProcess::mosaicod(store);
  auto client = MosaicoClient::connect("127.0.0.1", server.port());
  {
    std::vector<TopicWriter> topics;
    SequenceWriter sequence = begin_cameras(client, cameras, &topics);
    push_frames(topics, cameras, bench.rows());
    sequence.close();
  }
  FlightLimit limit;
  constexpr std::int64_t kKeptBytes = 128 << 20;
  BareClient bare(server.port());
  limit.keep(bare.read(bare.ticket("cameras", "camera_0"), kKeptBytes));
  const auto handler = client.topic_handler("cameras", "camera_0").value();
  Series series("MB/s");
  for (int repeat = 0; repeat < bench.repeats(); ++repeat) {
    series.add_limit("Flight DoGet", megabytes / limit.give_seconds(bench.rows()));
    std::size_t bytes = 0;
    series.add(measured_rate(&server, megabytes, [&] {
      for (const MessageView& message : handler.get_data_streamer()) {
        bytes += message.get_data<Image>()->data.span().size();
      }
    }));
    if (static_cast<double>(bytes) != megabytes * 1e6) {
      throw InternalError("images came back with other sizes");
    }
  }
  bench.report(series.outcome());
}

}  // namespace mosaico::bench
