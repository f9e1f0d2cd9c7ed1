#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "core/json.hpp"
#include "core/names.hpp"
#include "core/time.hpp"
#include "protocol/limits.hpp"

namespace mosaico::store {
class FileSystem;
}

namespace mosaico::engine {

struct EngineOptions {
  bool allow_delete_finalized = false;  // Lifts the refusal to delete finalized, healthy data.
  bool read_only = false;
  bool shared_catalog = false;  // Other engines use it as well: their uploads are not ours to end.
  protocol::MessageLimits limits;

  // A chunk is published at either of these, counted in Arrow bytes and rows.
  int64_t chunk_bytes = 64LL << 20;
  int64_t chunk_rows = 1'000'000;
  int64_t row_group_rows = 32 * 1024;
  int64_t row_group_bytes = 8LL << 20;

  // What no chunk holds yet of a topic becomes one when its first row is this old; 0: never for its
  // age. Those rows are durable and readable as they are: this is for who reads the files
  // themselves, and makes small chunks.
  std::chrono::milliseconds chunk_age{0};

  // Small chunks of a topic are put together in the background: at most a third of this at once.
  // Not where others share the catalog: nobody tells which files their readers need.
  bool compaction = true;
  int64_t compaction_memory_bytes = 192LL << 20;
  // What failed is tried again after this, and after twice as long each time, up to 256 times that.
  std::chrono::milliseconds compaction_retry{1'000};

  // Threads that write chunks.
  int chunk_threads = 2;

  // A batch this large is not written twice: the chunk is cut behind it, as soon as a chunk
  // thread is free for its topic, without it having been in a journal, and it is durable once that
  // is published.
  int64_t direct_bytes = 16LL << 20;

  // A journal is synced this long after its first unsynced row at the latest.
  std::chrono::milliseconds group_commit{20};

  // Nothing more is taken in while less than this is free on the disk of the journals, so that what
  // was taken can still be put into chunks, and things be deleted.
  int64_t min_free_bytes = 256LL << 20;

  int64_t ingest_memory_bytes = 256LL << 20;
  // For sorting and encoding chunks, beside the rows themselves: three row groups and 24 bytes a
  // row for each chunk thread.
  int64_t chunk_memory_bytes = 96LL << 20;
  int64_t scan_memory_bytes = 256LL << 20;
  int64_t query_memory_bytes = 256LL << 20;
  // Threads that search chunks beside those who ask; shared by all queries.
  int query_threads = 4;
  // Clusters of matching times that a request finds, in all its topics.
  int64_t query_clusters_max = 1'000'000;
  // What a scan decodes at a time where that memory is short. Small enough that a few hundred
  // streams fit in, each with a batch in its reader's hand and one to come.
  int64_t scan_part_bytes = 128LL << 10;
  // The first batch of a scan has no more rows, and no more are decoded for it: its reader waits.
  int64_t first_batch_rows = 2048;
  // Of what a caller may name and say.
  int64_t name_bytes_max = core::kNameBytesMax;
  int64_t user_metadata_bytes_max = core::kUserMetadataBytesMax;

  // What is kept between reads: footers of chunks, those of a long topic or of a few hundred short
  // ones, and schemas of topics.
  int64_t footer_cache_bytes = 32LL << 20;
  int64_t schema_cache_bytes = 4LL << 20;

  // An acknowledged upload from which nothing came for this long, not even a sign of life, belongs
  // to a writer that is gone: it may be resumed or claimed.
  std::chrono::milliseconds silent_upload{15'000};

  core::Clock clock = core::system_clock();
  core::Clock steady_clock = core::steady_clock();
  std::shared_ptr<store::FileSystem> files;  // Null: the kernel's.
};

}  // namespace mosaico::engine
