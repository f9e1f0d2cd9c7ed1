#include "crash/campaign.hpp"

#include <stdlib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <stdexcept>

#include <gtest/gtest.h>

namespace mosaico {

namespace {

constexpr int kKillsByDefault = 40;
constexpr std::chrono::milliseconds kPatienceForAPoint{1'500};
constexpr unsigned kMomentMaxMs = 300;
constexpr const char* kAtRandom = "a random moment";

unsigned environment_number(const char* name, unsigned otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::stoul(text));
}

std::filesystem::path make_folder() {
  std::string pattern = std::filesystem::temp_directory_path() / "mosaico-crash-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp: " + pattern);
  return pattern;
}

}  // namespace

Campaign::Campaign(std::string victim, int percent_of_kills, std::span<const char* const> points)
    : victim_(std::move(victim)),
      seed_(environment_number("MOSAICO_CRASH_SEED", std::random_device()())),
      kills_(static_cast<int>(environment_number("MOSAICO_CRASH_KILLS", kKillsByDefault)) *
             percent_of_kills / 100),
      folder_(make_folder()),
      trigger_(folder_ / "trigger"),
      random_(seed_),
      points_(points.begin(), points.end()) {
  std::shuffle(points_.begin(), points_.end(), random_);
}

Campaign::~Campaign() {
  tally_.print(victim_);
  if (!testing::Test::HasFailure()) {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
    return;
  }
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  std::cout << "crash: the store, the accounts and the log are kept in " << folder_.string()
            << "\ncrash: again with: MOSAICO_CRASH_SEED=" << seed_
            << " MOSAICO_CRASH_KILLS=" << environment_number("MOSAICO_CRASH_KILLS", kKillsByDefault)
            << " tools/crash --gtest_filter=" << test->test_suite_name() << "." << test->name()
            << '\n'
            << std::flush;
}

bool Campaign::is_over() const { return tally_.kills >= kills_ || has_failed(); }

bool Campaign::has_failed() const { return testing::Test::HasFailure(); }

Recording Campaign::next_recording() {
  const std::string name = "drive" + std::to_string(++recordings_);
  return {.sequence = name, .account = folder_ / (name + ".account")};
}

std::unique_ptr<Victim> Campaign::start(const std::string& program,
                                        const std::vector<std::string>& arguments, Points points) {
  Victim::Surroundings surroundings{.log_file = folder_ / "log"};
  if (points == Points::Present) surroundings.trigger_file = trigger_.file();
  return std::make_unique<Victim>(surroundings, program, arguments);
}

std::unique_ptr<Victim> Campaign::start_recorder(const std::string& target,
                                                 const Recording& recording, Points points) {
  return start("test_load_recorder",
               {target, recording.sequence, recording.account.string(), std::to_string(random_())},
               points);
}

void Campaign::arm() {
  constexpr std::array<int, 6> kCounts = {1, 1, 1, 2, 3, 7};
  armed_ = points_.at(turn_++ % points_.size());
  trigger_.arm(armed_, kCounts.at(random_() % kCounts.size()));
}

void Campaign::disarm() { trigger_.disarm(); }

void Campaign::kill(Victim& victim, Points points) {
  if (points == Points::Present && !one_in(3)) {
    arm();
    if (victim.ends_within(kPatienceForAPoint)) return note_death(victim);
    disarm();
  }
  // A trigger that was taken away may have been seen just before.
  if (victim.ends_within(std::chrono::milliseconds(random_() % kMomentMaxMs))) {
    return note_death(victim);
  }
  EXPECT_EQ(victim.kill(), kKilled);
  tally_.add_kill(kAtRandom);
}

void Campaign::note_death(Victim& victim) {
  EXPECT_EQ(victim.wait(), kKilled) << "it ended otherwise; the log says why";
  EXPECT_FALSE(armed_.empty()) << "nobody killed it";
  tally_.add_kill(armed_);
  disarm();
}

void Campaign::expect_kills_at_points() const {
  const auto at_random = tally_.kills_by_point.find(kAtRandom);
  EXPECT_LT(at_random == tally_.kills_by_point.end() ? 0 : at_random->second, tally_.kills);
}

void Campaign::check(MosaicoClient client, const Recording& recording, Extent extent) {
  const auto acknowledged = read_account(recording.account);
  const auto handler = client.sequence_handler(recording.sequence);
  EXPECT_TRUE(handler || acknowledged.empty()) << recording.sequence << " is lost";
  if (!handler) return;
  const auto state = handler->sequence_info().state;
  EXPECT_EQ(state == SequenceState::Finalized, extent == Extent::Exactly) << recording.sequence;
  tally_.rows_compared += check_rows(client, recording.sequence, kLoadTopics, acknowledged, extent);
  ++tally_.readings;
}

}  // namespace mosaico
