#pragma once

#include <functional>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "mosaico/streamer.hpp"

namespace mosaico {

/// The registry pattern: a function for each message type, called for each message of a stream.
///
///     Dispatcher dispatcher;
///     dispatcher.on<IMU>([](std::string_view topic, std::int64_t t, const IMU& imu) { … });
///     dispatcher.otherwise([](const StreamEntry& entry) { … });
///     dispatcher.run(stream);
///
/// One thread.
class Dispatcher {
 public:
  /// `function` takes (topic, timestamp_ns, const T&), (const MessageView&, const T&) or
  /// (const T&). A second function for a type replaces the first.
  template <Described T, typename Function>
  Dispatcher& on(Function function) {
    functions_[ontology_type<T>()] = [function =
                                          std::move(function)](const StreamEntry& entry) mutable {
      const auto data = entry.message.template get_data<T>();
      if constexpr (std::is_invocable_v<Function&, std::string_view, std::int64_t, const T&>) {
        function(entry.topic, entry.message.timestamp_ns(), *data);
      } else if constexpr (std::is_invocable_v<Function&, const MessageView&, const T&>) {
        function(entry.message, *data);
      } else {
        function(*data);
      }
    };
    return *this;
  }

  /// For messages of all other types; without it they are passed over.
  Dispatcher& otherwise(std::function<void(const StreamEntry&)> function) {
    otherwise_ = std::move(function);
    return *this;
  }

  /// Whether a function was called.
  bool dispatch(const StreamEntry& entry) const {
    const auto found = functions_.find(entry.message.ontology_type());
    const auto& function = found != functions_.end() ? found->second : otherwise_;
    if (!function) return false;
    function(entry);
    return true;
  }

  /// Calls the functions for each message up to the end of the stream, and counts the calls.
  std::int64_t run(SequenceDataStreamer& stream) const {
    std::int64_t calls = 0;
    for (const StreamEntry& entry : stream) calls += dispatch(entry) ? 1 : 0;
    return calls;
  }
  std::int64_t run(SequenceDataStreamer&& stream) const { return run(stream); }

 private:
  std::unordered_map<OntologyType, std::function<void(const StreamEntry&)>> functions_;
  std::function<void(const StreamEntry&)> otherwise_;
};

}  // namespace mosaico
