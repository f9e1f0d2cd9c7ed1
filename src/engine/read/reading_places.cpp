#include "engine/read/reading_places.hpp"

#include <utility>

namespace mosaico::engine {

ReadingPlaces::Place ReadingPlaces::take() {
  uint64_t number = 0;
  {
    const std::lock_guard lock(state_->mutex);
    number = state_->next++;
    state_->taken.insert(number);
  }
  return {nullptr, [state = state_, number](const void*) {
            std::shared_ptr<const std::function<void()>> listener;
            {
              const std::lock_guard lock(state->mutex);
              state->taken.erase(number);
              listener = state->listener;
            }
            if (listener != nullptr) (*listener)();
          }};
}

uint64_t ReadingPlaces::mark() {
  const std::lock_guard lock(state_->mutex);
  return state_->next;
}

bool ReadingPlaces::have_left(uint64_t mark) const {
  const std::lock_guard lock(state_->mutex);
  return state_->taken.empty() || *state_->taken.begin() >= mark;
}

void ReadingPlaces::on_leave(std::function<void()> listener) {
  auto shared =
      listener ? std::make_shared<const std::function<void()>>(std::move(listener)) : nullptr;
  const std::lock_guard lock(state_->mutex);
  state_->listener = std::move(shared);
}

}  // namespace mosaico::engine
