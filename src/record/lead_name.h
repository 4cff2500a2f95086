/**
 * @file lead_name.h
 * What files call their leads and units.
 */
#ifndef LW_RECORD_LEAD_NAME_H
#define LW_RECORD_LEAD_NAME_H

#include "base/text.h"

/** The leads of the standard ECG in the order in which files without names hold them. */
enum { LW_STANDARD_LEADS = 12 };
extern const char *const lw_standard_leads[LW_STANDARD_LEADS];

/**
 * The canonical name of a lead ("ii", "Lead II", "MLII", "ECG lead_ii" -> "II"; "AVR" -> "aVR"), or NULL when it is
 * none of the known ones (the standard twelve, V7-V9, V3R-V6R, X, Y, Z). The result is static.
 */
const char *lw_lead_canonical(lw_span name);

/** Millivolts per unit: mV 1, uV (also with a micro sign) 0.001, V 1000, letters' case aside; 0 for anything else. */
double lw_unit_mv(lw_span unit);

#endif
