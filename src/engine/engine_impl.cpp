#include "engine/engine_impl.hpp"

#include <utility>

#include "core/log.hpp"
#include "engine/compaction/upkeep.hpp"
#include "engine/directory/deletion.hpp"
#include "engine/ingest/ingest.hpp"
#include "engine/ingest/recovery.hpp"
#include "engine/manifest.hpp"
#include "store/posix_file.hpp"

namespace mosaico::engine {

Result<std::shared_ptr<Engine>> Engine::open(std::unique_ptr<catalog::Catalog> catalog,
                                             std::unique_ptr<store::Store> store,
                                             const std::string& journal_directory,
                                             const EngineOptions& options) {
  return EngineImpl::open(std::make_shared<EngineContext>(std::move(catalog), std::move(store),
                                                          journal_directory, options),
                          nullptr);
}

namespace {

Upkeep::Tasks upkeep_tasks(const EngineOptions& options) {
  if (options.read_only) return {};
  return {.compacts = options.compaction && !options.shared_catalog,
          .chunk_age = options.chunk_age};
}

}  // namespace

Result<std::shared_ptr<EngineImpl>> EngineImpl::open(std::shared_ptr<EngineContext> context,
                                                     std::shared_ptr<void> keep) {
  if (!context->options.read_only) {
    ARROW_RETURN_NOT_OK(store::make_folders(*context->files, context->journal_directory));
  }
  auto engine = std::make_shared<EngineImpl>(std::move(context), std::move(keep));
  ARROW_RETURN_NOT_OK(recover(*engine->ingest_));
  if (!engine->context_->options.read_only) ARROW_RETURN_NOT_OK(engine->settle());
  engine->upkeep_->start();
  return engine;
}

EngineImpl::EngineImpl(std::shared_ptr<EngineContext> context, std::shared_ptr<void> keep)
    : context_(std::move(context)),
      opened_at_ns_(context_->options.clock()),
      manifests_(std::make_shared<ManifestWriter>(context_)),
      ingest_(std::make_shared<Ingest>(
          context_,
          [manifests = manifests_](const auto& sequence) { manifests->request(sequence); })),
      upkeep_(std::make_shared<Upkeep>(context_, ingest_, upkeep_tasks(context_->options))),
      keep_(std::move(keep)) {}

EngineImpl::~EngineImpl() {
  const Status closed = close();
  if (!closed.ok()) core::log().error("closing the engine: {}", closed.message());
}

Status EngineImpl::close() {
  const std::lock_guard lock(close_mutex_);  // The second caller waits for the first.
  context_->closing.request_stop();
  upkeep_->close();
  ingest_->close();
  context_->live.end_all(core::error(ErrorKind::Unavailable, "the engine is closed"));
  manifests_->close();
  keep_.reset();
  return Status::OK();
}

Status EngineImpl::check_open(bool change) const {
  if (context_->closing.stop_requested()) {
    return core::error(ErrorKind::Unavailable, "the engine is closed");
  }
  if (change && context_->options.read_only) {
    return core::error(ErrorKind::Locked, "opened for reading only: ", context_->store->describe());
  }
  return Status::OK();
}

void EngineImpl::remove_deleted(const catalog::Deleted& deleted, const std::string& sequence) {
  ingest_->drop_topics(deleted.topics);
  upkeep_->let_go(deleted.topics);
  Removal removal(*context_);
  manifests_->exclusively([&] {
    removal.begin(deleted.tombstones);
    removal.remove_journals(deleted.topics);
    removal.remove_files();
  });
  const bool told = sequence.empty() || manifests_->write(sequence);
  removal.end(/*keep_stone=*/!told);
}

Status EngineImpl::settle() {
  ARROW_ASSIGN_OR_RAISE(const auto stale, context_->catalog->stale_manifests());
  Removal removal(*context_);
  ARROW_ASSIGN_OR_RAISE(const bool removed, resume_removal(*context_, &removal));
  bool told = true;
  for (const std::string& sequence : stale) {
    if (removed) {
      told = manifests_->write(sequence) && told;
    } else {
      manifests_->request(sequence);
    }
  }
  removal.end(/*keep_stone=*/!told);
  return Status::OK();
}

}  // namespace mosaico::engine
