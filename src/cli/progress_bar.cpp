#include "cli/progress_bar.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <utility>

#include "cli/quantity_text.hpp"

namespace mosaico::cli {

namespace {

constexpr int kBarCharacters = 24;
constexpr std::chrono::milliseconds kBetweenDrawings{100};
// ANSI: back to the start of the line, and erase it.
constexpr const char* kClearLine = "\r\033[K";

}  // namespace

ProgressBar::ProgressBar(std::string what)
    : what_(std::move(what)),
      out_(::isatty(STDERR_FILENO) != 0 ? &std::cerr : nullptr),
      start_(std::chrono::steady_clock::now()) {}

ProgressBar::ProgressBar(std::string what, std::ostream& out, Time now)
    : what_(std::move(what)), out_(&out), start_(now) {}

ProgressBar::~ProgressBar() {
  if (out_ != nullptr) *out_ << kClearLine << std::flush;
}

void ProgressBar::update(double fraction, std::int64_t rows) {
  if (out_ != nullptr) update(fraction, rows, std::chrono::steady_clock::now());
}

void ProgressBar::update(double fraction, std::int64_t rows, Time now) {
  if (out_ == nullptr || now - drawn_ < kBetweenDrawings) return;
  drawn_ = now;
  fraction = std::clamp(fraction, 0.0, 1.0);
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const auto filled = static_cast<std::size_t>(std::lround(fraction * kBarCharacters));
  std::string line =
      what_ + " [" + std::string(filled, '#') + std::string(kBarCharacters - filled, '.') + "] ";
  char percent[16];
  std::snprintf(percent, sizeof percent, "%3.0f %%", 100 * fraction);
  line += percent;
  if (seconds > 0) {
    line += "  " + count_text(std::llround(static_cast<double>(rows) / seconds)) + " rows/s";
    if (fraction > 0) line += "  " + duration_text(seconds * (1 - fraction) / fraction) + " left";
  }
  *out_ << kClearLine << line << std::flush;
}

}  // namespace mosaico::cli
