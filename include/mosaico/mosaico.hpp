#pragma once

// Everything a user of the SDK needs.
#include "mosaico/client.hpp"
#include "mosaico/columns.hpp"
#include "mosaico/config.hpp"
#include "mosaico/describe.hpp"
#include "mosaico/dispatcher.hpp"
#include "mosaico/error.hpp"
#include "mosaico/handler.hpp"
#include "mosaico/message.hpp"
#include "mosaico/ontology.hpp"
#include "mosaico/ontology_query.hpp"
#include "mosaico/query.hpp"
#include "mosaico/schema.hpp"
#include "mosaico/streamer.hpp"
#include "mosaico/values.hpp"
#include "mosaico/writer.hpp"
