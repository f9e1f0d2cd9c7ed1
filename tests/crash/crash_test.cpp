// Nothing acknowledged is lost: servers and recorders are killed, at random moments and at the
// points of core/crash_point.hpp, and all rows are read back after each kill.
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "crash/campaign.hpp"
#include "crash/server.hpp"
#include "engine/reindex/reindex.hpp"
#include "engine/verify/verify.hpp"

namespace mosaico {
namespace {

using Points = Campaign::Points;

constexpr int kKillsOfARecording = 6;
constexpr int kTriesMax = 20;

// Brings back what was killed beside the recorder; whether something was.
using Revive = std::function<bool()>;

// Starts a recorder until one records; nothing when the sequence turns out to be finished. A
// recorder that cannot even begin gives up; one that records goes on by itself.
std::unique_ptr<Victim> start_recording(Campaign& campaign, const std::string& target,
                                        const Recording& recording, Points points,
                                        const Revive& revive) {
  for (int i = 0; i < kTriesMax; ++i) {
    auto recorder = campaign.start_recorder(target, recording, points);
    const std::string line = recorder->read_line();
    campaign.disarm();
    if (line == "recording") return recorder;
    if (line == "finished") {
      // Closing writes the manifests of what only the catalog knows.
      if (recorder->wait() != kKilled) return nullptr;
      campaign.note_death(*recorder);
      continue;
    }
    if (points == Points::Present && recorder->wait() == kKilled) {
      campaign.note_death(*recorder);
    } else {
      EXPECT_TRUE(revive()) << "the recorder ended with " << recorder->wait();
    }
    if (campaign.has_failed()) return nullptr;
  }
  ADD_FAILURE() << "no recorder records";
  return nullptr;
}

// Waits until a recorder that is asked to finish has ended; whether it did what it was asked.
bool finishes(Campaign& campaign, Victim& recorder, Points points, const Revive& revive) {
  recorder.ask_to_finish();
  while (!recorder.ends_within(std::chrono::milliseconds(20))) revive();
  if (recorder.wait() == 0) return true;
  if (points == Points::Present && recorder.wait() == kKilled) {
    campaign.note_death(recorder);
  } else {
    ADD_FAILURE() << "the recorder ended with " << recorder.wait();
  }
  return false;
}

void finish(Campaign& campaign, std::unique_ptr<Victim> recorder, const std::string& target,
            const Recording& recording, Points points, const Revive& revive) {
  while (recorder && !campaign.has_failed()) {
    if (finishes(campaign, *recorder, points, revive)) break;
    campaign.disarm();
    recorder = start_recording(campaign, target, recording, points, revive);
  }
  campaign.disarm();
}

TEST(Crash, ARecorderGoesOnWithAServerThatWasKilled) {
  Campaign campaign("mosaicod", 45);
  Server server(campaign, Points::Present);
  const auto revive = [&] { return server.revive(); };
  while (!campaign.is_over()) {
    const Recording recording = campaign.next_recording();
    if (campaign.one_in(2)) campaign.arm();
    auto recorder = start_recording(campaign, server.port(), recording, Points::Absent, revive);
    for (int i = 0; i < kKillsOfARecording && recorder && !campaign.is_over(); ++i) {
      const auto before = sum_of(read_account(recording.account));
      server.kill();
      campaign.check(server.client(), recording, Extent::AtLeast);
      while (sum_of(read_account(recording.account)) <= before) {
        ASSERT_FALSE(recorder->ends_within(std::chrono::milliseconds(5)))
            << "the recorder did not go on";
      }
    }
    if (campaign.one_in(2)) campaign.arm();
    finish(campaign, std::move(recorder), server.port(), recording, Points::Absent, revive);
    server.revive();
    campaign.check(server.client(), recording, Extent::Exactly);
  }
  campaign.expect_kills_at_points();
}

TEST(Crash, ARecorderThatWasKilledIsTakenOver) {
  Campaign campaign("a recorder of mosaicod", 20);
  Server server(campaign, Points::Absent);
  const auto never = [] { return false; };
  while (!campaign.is_over()) {
    const Recording recording = campaign.next_recording();
    for (int i = 0; i < kKillsOfARecording && !campaign.is_over(); ++i) {
      auto recorder = start_recording(campaign, server.port(), recording, Points::Absent, never);
      ASSERT_TRUE(recorder);
      campaign.kill(*recorder, Points::Absent);
      campaign.check(server.client(), recording, Extent::AtLeast);
    }
    finish(campaign, start_recording(campaign, server.port(), recording, Points::Absent, never),
           server.port(), recording, Points::Absent, never);
    campaign.check(server.client(), recording, Extent::Exactly);
  }
}

// Takes the catalog of a directory away, and makes it again from the files.
void lose_catalog(const std::string& directory) {
  for (const char* file : {"/catalog.sqlite", "/catalog.sqlite-wal", "/catalog.sqlite-shm"}) {
    std::filesystem::remove(directory + file);
  }
  const auto indexed = engine::reindex_directory(directory, {});
  EXPECT_TRUE(indexed.ok()) << indexed.status().ToString();
}

TEST(Crash, ADirectoryWhoseProcessWasKilledGoesOn) {
  Campaign campaign("an embedded recorder", 25);
  const std::string directory = campaign.store();
  const auto never = [] { return false; };
  // First as another process sees it, which repairs nothing; then with what opening it makes good.
  const auto check = [&](const Recording& recording, Extent extent) {
    if (!read_account(recording.account).empty()) {
      campaign.check(MosaicoClient::open(directory, {.read_only = true}), recording, extent);
    }
    campaign.check(MosaicoClient::open(directory), recording, extent);
  };
  while (!campaign.is_over()) {
    const Recording recording = campaign.next_recording();
    for (int i = 0; i < kKillsOfARecording && !campaign.is_over(); ++i) {
      if (campaign.one_in(2)) campaign.arm();
      auto recorder = start_recording(campaign, directory, recording, Points::Present, never);
      ASSERT_TRUE(recorder);
      campaign.kill(*recorder, Points::Present);
      if (campaign.one_in(3)) lose_catalog(directory);
      check(recording, Extent::AtLeast);
    }
    auto recorder = start_recording(campaign, directory, recording, Points::Present, never);
    if (campaign.one_in(2)) campaign.arm();
    finish(campaign, std::move(recorder), directory, recording, Points::Present, never);
    if (campaign.one_in(3)) lose_catalog(directory);
    check(recording, Extent::Exactly);
  }
  campaign.expect_kills_at_points();
}

// Whether the sequence is there, and then all of it.
bool is_there(Campaign& campaign, const Recording& recording) {
  auto client = MosaicoClient::open(campaign.store());
  if (!client.sequence_handler(recording.sequence)) return false;
  campaign.check(std::move(client), recording, Extent::AtLeast);
  return true;
}

void expect_no_findings(const std::string& directory) {
  const auto verified = engine::verify_directory(
      directory, {.sequence = {}, .on_finding = [](const engine::Finding& finding) {
                    ADD_FAILURE() << finding.path << ": " << finding.problem;
                  }});
  ASSERT_TRUE(verified.ok()) << verified.status().ToString();
  EXPECT_TRUE(verified->unnamed_files_checked);
}

// What a killed recorder left is deleted, by a process that is killed in it.
TEST(Crash, ADeletionThatWasKilledLeavesAllOrNothing) {
  Campaign campaign("mosaico rm", 10, kRemovalPoints);
  const std::string directory = campaign.store();
  const auto never = [] { return false; };
  while (!campaign.is_over()) {
    const Recording recording = campaign.next_recording();
    auto recorder = start_recording(campaign, directory, recording, Points::Absent, never);
    ASSERT_TRUE(recorder);
    while (read_account(recording.account).empty()) {
      ASSERT_FALSE(recorder->ends_within(std::chrono::milliseconds(5)));
    }
    EXPECT_EQ(recorder->kill(), kKilled);
    for (bool there = true; there && !campaign.has_failed();) {
      if (!campaign.one_in(4)) campaign.arm();
      const auto removal = campaign.start(
          "mosaico", {"rm", recording.sequence, "--force", "--store", directory}, Points::Present);
      const bool is_told = removal->read_line() == "deleted " + recording.sequence;
      if (removal->wait() == kKilled) {
        campaign.note_death(*removal);
      } else {
        EXPECT_EQ(removal->wait(), 0) << "the log says why";
        EXPECT_TRUE(is_told);
      }
      campaign.disarm();
      if (campaign.one_in(3)) lose_catalog(directory);
      there = is_there(campaign, recording);
      EXPECT_FALSE(there && is_told) << recording.sequence << " was deleted";
      expect_no_findings(directory);
    }
  }
}

}  // namespace
}  // namespace mosaico
