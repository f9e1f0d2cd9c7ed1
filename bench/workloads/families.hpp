#pragma once

#include "bench.hpp"

// The workloads, by family; workloads() says what each is.
namespace mosaico::bench {

// push.cpp
void push_imu(Bench& bench);
void push_columns(Bench& bench);
// ingest.cpp
void ingest_imu(Bench& bench);
void ingest_imu_8(Bench& bench);
void doput_raw(Bench& bench);
// images.cpp
void ingest_images(Bench& bench);
void ingest_4k(Bench& bench);
void read_images(Bench& bench);
// scan_read.cpp
void scan_2m(Bench& bench);
void scan_20m(Bench& bench);
void read_imu(Bench& bench);
void merge_8(Bench& bench);
void merge_200(Bench& bench);
// window.cpp
void window(Bench& bench);
void first_message(Bench& bench);
// lifecycle.cpp
void create_1(Bench& bench);
void create_8(Bench& bench);
// query.cpp
void query_metadata(Bench& bench);
void query_data(Bench& bench);
// stored.cpp
void stored(Bench& bench);
// grow.cpp
void grow(Bench& bench);
// stall.cpp
void stall(Bench& bench);

}  // namespace mosaico::bench
