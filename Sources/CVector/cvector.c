#include "cvector.h"

#if defined(__x86_64__) && defined(__linux__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("avx2", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

FOR_EACH_PROCESSOR
void kai_dot_rows(const int16_t *query, const int8_t *values, long rows, long width, int32_t *sums) {
  for (long row = 0; row < rows; row++) {
    const int8_t *line = values + row * width;
    int32_t sum = 0;
    for (long index = 0; index < width; index++) sum += (int32_t)query[index] * (int32_t)line[index];
    sums[row] = sum;
  }
}
