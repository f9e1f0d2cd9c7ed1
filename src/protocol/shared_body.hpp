#pragma once

#include <arrow/ipc/writer.h>

#include "core/error.hpp"

namespace mosaico::protocol {

using core::Status;

// Makes buffers of a record batch that begin at one address one piece of its message's body, as
// long as the longest of them. Whoever reads the message by the offsets in its metadata, as Arrow's
// readers do, gets the same batch; but the format speaks of buffers that follow one another, so it
// is for those who asked for it. Internal when the metadata is none that Arrow wrote.
Status share_body(arrow::ipc::IpcPayload* payload);

// Puts bytes behind the metadata so that the body begins at a multiple of eight within the message
// that Flight makes of this. Readers need not copy what is aligned.
Status align_body(arrow::ipc::IpcPayload* payload);

}  // namespace mosaico::protocol
