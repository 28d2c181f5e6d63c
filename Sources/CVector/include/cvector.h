#ifndef CVECTOR_H
#define CVECTOR_H

#include <stdint.h>

/// The sums of products of a query with each of `rows` rows of `width` signed bytes, one after the other, into `sums`.
///
/// In C because a function can be there twice for one architecture: the processor's own choice between SSE2 and AVX2 is made when
/// the program starts, and Swift has no word for it.
void kai_dot_rows(const int16_t *query, const int8_t *values, long rows, long width, int32_t *sums);

#endif
