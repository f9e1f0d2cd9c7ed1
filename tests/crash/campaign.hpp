#pragma once

#include <filesystem>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "crash/tally.hpp"
#include "crash/victim.hpp"
#include "recorder/row_check.hpp"

namespace mosaico {

// A sequence being recorded, and where its recorder notes what was acknowledged.
struct Recording {
  std::string sequence;
  std::filesystem::path account;
};

// Many kills of one kind of victim in one store. MOSAICO_CRASH_KILLS says how many there are in all
// campaigns together (40), MOSAICO_CRASH_SEED repeats one. At its end it prints what was done;
// after a failure it keeps the store, and prints the command that repeats it.
class Campaign {
 public:
  Campaign(std::string victim, int percent_of_kills,
           std::span<const char* const> points = kCrashPoints);
  Campaign(const Campaign&) = delete;
  Campaign& operator=(const Campaign&) = delete;
  ~Campaign();

  // All kills are done, or the test has failed.
  bool is_over() const;
  bool has_failed() const;
  std::filesystem::path store() const { return folder_ / "store"; }
  Recording next_recording();
  bool one_in(unsigned count) { return random_() % count == 0; }

  enum class Points { Absent, Present };
  std::unique_ptr<Victim> start(const std::string& program,
                                const std::vector<std::string>& arguments, Points points);
  // On "127.0.0.1:target" or in the directory `target`.
  std::unique_ptr<Victim> start_recorder(const std::string& target, const Recording& recording,
                                         Points points);

  // Each crash point has its turn. The victim that comes to it dies.
  void arm();
  void disarm();
  // Kills at a point, or where none is reached at some moment.
  void kill(Victim& victim, Points points);
  // A victim died at the point that was armed last; none is any more.
  void note_death(Victim& victim);

  // That points are there and reached at all.
  void expect_kills_at_points() const;

  // Reads the sequence back and compares it with the account.
  void check(MosaicoClient client, const Recording& recording, Extent extent);

 private:
  const std::string victim_;
  unsigned seed_;
  int kills_;
  std::filesystem::path folder_;
  Trigger trigger_;
  std::mt19937 random_;
  std::vector<std::string> points_;  // In the order of their turns.
  std::size_t turn_ = 0;
  std::string armed_;  // The last one.
  int recordings_ = 0;
  Tally tally_;
};

}  // namespace mosaico
