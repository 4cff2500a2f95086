/* This file holds the published tables of the Challenges: diagnoses sorted by code, and of each year the scored classes
 * with the rewards between them.
 * Source: dx_mapping_scored.csv, dx_mapping_unscored.csv and weights.csv of physionetchallenges/evaluation-2020 and
 * evaluation-2021 (BSD-2-Clause); codes are SNOMED CT. Every published reward is a multiple of 1/80, so eightieths hold
 * them exactly. */
#include "labels/labels.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const lw_diagnosis diagnoses[] = {
    {"10370003", "PR", "pacing rhythm", true, true},
    {"106068003", "ARH", "atrial rhythm", false, false},
    {"111288001", "VFL", "ventricular flutter", false, false},
    {"11157007", "VBig", "ventricular bigeminy", false, false},
    {"111975006", "LQT", "prolonged qt interval", true, true},
    {"13640000", "FB", "fusion beats", false, false},
    {"164861001", "MIs", "myocardial ischemia", false, false},
    {"164865005", "MI", "myocardial infarction", false, false},
    {"164867002", "OldMI", "old myocardial infarction", false, false},
    {"164873001", "LVH", "left ventricular hypertrophy", false, false},
    {"164884008", "VEB", "ventricular ectopics", false, false},
    {"164889003", "AF", "atrial fibrillation", true, true},
    {"164890007", "AFL", "atrial flutter", true, true},
    {"164895002", "VTach", "ventricular tachycardia", false, false},
    {"164896001", "VF", "ventricular fibrillation", false, false},
    {"164909002", "LBBB", "left bundle branch block", true, true},
    {"164912004", "PWC", "p wave change", false, false},
    {"164917005", "QAb", "qwave abnormal", true, true},
    {"164921003", "RAb", "r wave abnormal", false, false},
    {"164930006", "STIAb", "st interval abnormal", false, false},
    {"164931005", "STE", "st elevation", false, false},
    {"164934002", "TAb", "t wave abnormal", true, true},
    {"164937009", "UAb", "u wave abnormal", false, false},
    {"164942001", "FQRS", "fqrs wave", false, false},
    {"164947007", "LPR", "prolonged pr interval", true, true},
    {"164951009", "abQRS", "abnormal QRS", false, false},
    {"17338001", "VPB", "ventricular premature beats", true, true},
    {"17366009", "SAAWR", "sinus atrium to atrial wandering rhythm", false, false},
    {"195042002", "IIAVB", "2nd degree av block", false, false},
    {"195060002", "VPEx", "ventricular pre excitation", false, false},
    {"195080001", "AFAFL", "atrial fibrillation and flutter", false, false},
    {"195101003", "WAP", "wandering atrial pacemaker", false, false},
    {"195126007", "AH", "atrial hypertrophy", false, false},
    {"204384007", "CIAHB", "congenital incomplete atrioventricular heart block", false, false},
    {"233892002", "AAR", "accelerated atrial escape rhythm", false, false},
    {"233897008", "AVRT", "atrioventricular reentrant tachycardia", false, false},
    {"233917008", "AVB", "av block", false, false},
    {"251120003", "ILBBB", "incomplete left bundle branch block", false, false},
    {"251139008", "ALR", "suspect arm ecg leads reversed", false, false},
    {"251146004", "LQRSV", "low qrs voltages", true, true},
    {"251164006", "JPC", "junctional premature complex", false, false},
    {"251166008", "AVNRT", "atrioventricular  node reentrant tachycardia", false, false},
    {"251168009", "SVB", "supraventricular bigeminy", false, false},
    {"251170000", "BPAC", "blocked premature atrial contraction", false, false},
    {"251173003", "AB", "atrial bigeminy", false, false},
    {"251180001", "VTrig", "ventricular trigeminy", false, false},
    {"251182009", "VPVC", "paired ventricular premature complexes", false, false},
    {"251187003", "AED", "atrial escape beat", false, false},
    {"251198002", "CR", "clockwise rotation", false, false},
    {"251199005", "CCR", "countercolockwise rotation", false, false},
    {"251200008", "ICA", "indeterminate cardiac axis", false, false},
    {"251205003", "PPW", "prolonged P wave", false, false},
    {"251223006", "TPW", "tall p wave", false, false},
    {"251259000", "HTV", "high t-voltage", false, false},
    {"251266004", "VPP", "ventricular pacing pattern", false, false},
    {"251268003", "AP", "atrial pacing pattern", false, false},
    {"253339007", "RAAb", "right atrial abnormality", false, false},
    {"253352002", "LAA", "left atrial abnormality", false, false},
    {"266249003", "VH", "ventricular hypertrophy", false, false},
    {"266257000", "TIA", "transient ischemic attack", false, false},
    {"270492004", "IAVB", "1st degree av block", true, true},
    {"27885002", "CHB", "complete heart block", false, false},
    {"282825002", "PAF", "paroxysmal atrial fibrillation", false, false},
    {"284470004", "PAC", "premature atrial contraction", true, true},
    {"29320008", "AVJR", "atrioventricular junctional rhythm", false, false},
    {"314208002", "RAF", "rapid atrial fibrillation", false, false},
    {"365413008", "PRWP", "poor R wave Progression", false, true},
    {"368009", "HVD", "heart valve disorder", false, false},
    {"370365005", "LVS", "left ventricular strain", false, false},
    {"39732003", "LAD", "left axis deviation", true, true},
    {"413444003", "AMIs", "acute myocardial ischemia", false, false},
    {"413844008", "CMI", "chronic myocardial ischemia", false, false},
    {"418818005", "BRU", "brugada", false, false},
    {"425419005", "IIs", "inferior ischaemia", false, false},
    {"425623009", "LIs", "lateral ischaemia", false, false},
    {"425856008", "PVT", "paroxysmal ventricular tachycardia", false, false},
    {"426177001", "SB", "sinus bradycardia", true, true},
    {"426183003", "IIAVBII", "mobitz type II atrioventricular block", false, false},
    {"426434006", "AnMIs", "anterior ischemia", false, false},
    {"426627000", "Brady", "bradycardia", true, true},
    {"426648003", "JTach", "junctional tachycardia", false, false},
    {"426664006", "AJR", "accelerated junctional rhythm", false, false},
    {"426749004", "CAF", "chronic atrial fibrillation", false, false},
    {"426761007", "SVT", "supraventricular tachycardia", false, false},
    {"426783006", "NSR", "sinus rhythm", true, true},
    {"426995002", "JE", "junctional escape", false, false},
    {"427084000", "STach", "sinus tachycardia", true, true},
    {"427172004", "PVC", "premature ventricular contractions", true, true},
    {"427393009", "SA", "sinus arrhythmia", true, true},
    {"428417006", "ERe", "early repolarization", false, false},
    {"428750005", "NSSTTA", "nonspecific st t abnormality", false, false},
    {"429622005", "STD", "st depression", false, false},
    {"445118002", "LAnFB", "left anterior fascicular block", true, true},
    {"445211001", "LPFB", "left posterior fascicular block", false, false},
    {"446358003", "RAH", "right atrial hypertrophy", false, false},
    {"446813000", "LAH", "left atrial hypertrophy", false, false},
    {"47665007", "RAD", "right axis deviation", true, true},
    {"49260003", "IR", "idioventricular rhythm", false, false},
    {"49578007", "SPRI", "shortened pr interval", false, false},
    {"50799005", "AVD", "atrioventricular dissociation", false, false},
    {"53741008", "CHD", "coronary heart disease", false, false},
    {"54016002", "MoI", "mobitz type i wenckebach atrioventricular block", false, false},
    {"54329005", "AnMI", "anterior myocardial infarction", false, false},
    {"55827005", "LVHV", "left ventricular high voltage", false, false},
    {"55930002", "STC", "s t changes", false, false},
    {"5609005", "SARR", "sinus arrest", false, false},
    {"57054005", "AMI", "acute myocardial infarction", false, false},
    {"59118001", "RBBB", "right bundle branch block", true, true},
    {"59931005", "TInv", "t wave inversion", true, true},
    {"60423000", "SND", "sinus node dysfunction", false, false},
    {"61277005", "AIVR", "accelerated idioventricular rhythm", false, false},
    {"61721007", "CVCL/CCVCL", "clockwise or counterclockwise vectorcardiographic loop", false, false},
    {"63593006", "SVPB", "supraventricular premature beats", true, true},
    {"6374002", "BBB", "bundle branch block", false, true},
    {"65778007", "SAB", "sinoatrial block", false, false},
    {"67198005", "PSVT", "paroxysmal supraventricular tachycardia", false, false},
    {"67741000119109", "LAE", "left atrial enlargement", false, false},
    {"67751000119106", "RAHV", "right atrial  high voltage", false, false},
    {"698247007", "CD", "cardiac dysrhythmia", false, false},
    {"698252002", "NSIVCB", "nonspecific intraventricular conduction disorder", true, true},
    {"704997005", "ISTD", "inferior ST segment depression", false, false},
    {"713422000", "ATach", "atrial tachycardia", false, false},
    {"713426002", "IRBBB", "incomplete right bundle branch block", true, true},
    {"713427006", "CRBBB", "complete right bundle branch block", true, true},
    {"733534002", "CLBBB", "complete left bundle branch block", false, true},
    {"74390002", "WPW", "wolff parkinson white pattern", false, false},
    {"74615001", "BTS", "brady tachy syndrome", false, false},
    {"75532003", "VEsB", "ventricular escape beat", false, false},
    {"77867006", "SQT", "decreased qt interval", false, false},
    {"81898007", "VEsR", "ventricular escape rhythm", false, false},
    {"82226007", "DIB", "diffuse intraventricular block", false, false},
    {"84114007", "HF", "heart failure", false, false},
    {"89792004", "RVH", "right ventricular hypertrophy", false, false},
};

static int compare_code(const void *code, const void *diagnosis) {
    return strcmp(code, ((const lw_diagnosis *)diagnosis)->code);
}

const lw_diagnosis *lw_diagnosis_find(const char *code) {
    return bsearch(code, diagnoses, sizeof diagnoses / sizeof *diagnoses, sizeof *diagnoses, compare_code);
}

const lw_diagnosis *lw_diagnosis_of_abbreviation(const char *abbreviation) {
    for (size_t i = 0; i < sizeof diagnoses / sizeof *diagnoses; i++)
        if (strcasecmp(diagnoses[i].abbreviation, abbreviation) == 0)
            return &diagnoses[i];
    return NULL;
}

static const char *const codes_2020[] = {
    "270492004", "164889003", "164890007", "426627000", "713427006", "713426002", "445118002", "39732003",  "164909002",
    "251146004", "698252002", "10370003",  "284470004", "427172004", "164947007", "111975006", "164917005", "47665007",
    "59118001",  "427393009", "426177001", "426783006", "427084000", "63593006",  "164934002", "59931005",  "17338001",
};

/* Reward matrix order: of two equal codes, the one that stands for both. */
static const char *const classes_2020[] = {
    "270492004", "164889003", "164890007", "426627000", "713427006", "713426002", "445118002", "39732003",
    "164909002", "251146004", "698252002", "10370003",  "284470004", "427172004", "164947007", "111975006",
    "164917005", "47665007",  "427393009", "426177001", "426783006", "427084000", "164934002", "59931005",
};

static const char *const codes_2021[] = {
    "164889003", "164890007", "6374002",   "426627000", "733534002", "713427006", "270492004", "713426002",
    "39732003",  "445118002", "164909002", "251146004", "698252002", "426783006", "284470004", "10370003",
    "365413008", "427172004", "164947007", "111975006", "164917005", "47665007",  "59118001",  "427393009",
    "426177001", "427084000", "63593006",  "164934002", "59931005",  "17338001",
};

static const char *const classes_2021[] = {
    "164889003", "164890007", "6374002",   "426627000", "733534002", "713427006", "270492004", "713426002", "39732003",
    "445118002", "164947007", "251146004", "111975006", "698252002", "426783006", "284470004", "10370003",  "365413008",
    "427172004", "164917005", "47665007",  "427393009", "426177001", "427084000", "164934002", "59931005",
};

/* clang-format off */
static const uint8_t rewards_2020[] = {
    80, 24, 24, 40, 32, 40, 36, 36, 26, 30, 36, 34, 37, 34, 40, 28, 16, 36, 40, 40, 36, 34, 24, 24,
    24, 80, 40, 24, 32, 24, 28, 28, 38, 34, 28, 30, 27, 30, 24, 36, 32, 28, 24, 24, 20, 30, 40, 40,
    24, 40, 80, 24, 32, 24, 28, 28, 38, 34, 28, 30, 27, 30, 24, 36, 32, 28, 24, 24, 20, 30, 40, 40,
    40, 24, 24, 80, 32, 40, 36, 36, 26, 30, 36, 34, 37, 34, 40, 28, 16, 36, 40, 40, 36, 34, 24, 24,
    32, 32, 32, 32, 80, 32, 36, 36, 34, 38, 36, 38, 35, 38, 32, 36, 24, 36, 32, 32, 28, 38, 32, 32,
    40, 24, 24, 40, 32, 80, 36, 36, 26, 30, 36, 34, 37, 34, 40, 28, 16, 36, 40, 40, 36, 34, 24, 24,
    36, 28, 28, 36, 36, 36, 80, 40, 30, 34, 40, 38, 39, 38, 36, 32, 20, 40, 36, 36, 32, 38, 28, 28,
    36, 28, 28, 36, 36, 36, 40, 80, 30, 34, 40, 38, 39, 38, 36, 32, 20, 40, 36, 36, 32, 38, 28, 28,
    26, 38, 38, 26, 34, 26, 30, 30, 80, 36, 30, 32, 29, 32, 26, 38, 30, 30, 26, 26, 22, 32, 38, 38,
    30, 34, 34, 30, 38, 30, 34, 34, 36, 80, 34, 36, 33, 36, 30, 38, 26, 34, 30, 30, 26, 36, 34, 34,
    36, 28, 28, 36, 36, 36, 40, 40, 30, 34, 80, 38, 39, 38, 36, 32, 20, 40, 36, 36, 32, 38, 28, 28,
    34, 30, 30, 34, 38, 34, 38, 38, 32, 36, 38, 80, 37, 40, 34, 34, 22, 38, 34, 34, 30, 40, 30, 30,
    37, 27, 27, 37, 35, 37, 39, 39, 29, 33, 39, 37, 80, 37, 37, 31, 19, 39, 37, 37, 33, 37, 27, 27,
    34, 30, 30, 34, 38, 34, 38, 38, 32, 36, 38, 40, 37, 80, 34, 34, 22, 38, 34, 34, 30, 40, 30, 30,
    40, 24, 24, 40, 32, 40, 36, 36, 26, 30, 36, 34, 37, 34, 80, 28, 16, 36, 40, 40, 36, 34, 24, 24,
    28, 36, 36, 28, 36, 28, 32, 32, 38, 38, 32, 34, 31, 34, 28, 80, 28, 32, 28, 28, 24, 34, 36, 36,
    16, 32, 32, 16, 24, 16, 20, 20, 30, 26, 20, 22, 19, 22, 16, 28, 80, 20, 16, 16, 12, 22, 32, 32,
    36, 28, 28, 36, 36, 36, 40, 40, 30, 34, 40, 38, 39, 38, 36, 32, 20, 80, 36, 36, 32, 38, 28, 28,
    40, 24, 24, 40, 32, 40, 36, 36, 26, 30, 36, 34, 37, 34, 40, 28, 16, 36, 80, 40, 36, 34, 24, 24,
    40, 24, 24, 40, 32, 40, 36, 36, 26, 30, 36, 34, 37, 34, 40, 28, 16, 36, 40, 80, 36, 34, 24, 24,
    36, 20, 20, 36, 28, 36, 32, 32, 22, 26, 32, 30, 33, 30, 36, 24, 12, 32, 36, 36, 80, 30, 20, 20,
    34, 30, 30, 34, 38, 34, 38, 38, 32, 36, 38, 40, 37, 40, 34, 34, 22, 38, 34, 34, 30, 80, 30, 30,
    24, 40, 40, 24, 32, 24, 28, 28, 38, 34, 28, 30, 27, 30, 24, 36, 32, 28, 24, 24, 20, 30, 80, 40,
    24, 40, 40, 24, 32, 24, 28, 28, 38, 34, 28, 30, 27, 30, 24, 36, 32, 28, 24, 24, 20, 30, 40, 80,
};

static const uint8_t rewards_2021[] = {
    80, 40, 38, 24, 38, 32, 24, 24, 28, 28, 24, 34, 36, 28, 20, 27, 30, 34, 30, 32, 28, 24, 24, 30, 40, 40,
    40, 80, 38, 24, 38, 32, 24, 24, 28, 28, 24, 34, 36, 28, 20, 27, 30, 34, 30, 32, 28, 24, 24, 30, 40, 40,
    38, 38, 80, 26, 38, 34, 26, 26, 30, 30, 26, 36, 38, 30, 22, 29, 32, 36, 32, 30, 30, 26, 26, 32, 38, 38,
    24, 24, 26, 80, 26, 32, 40, 40, 36, 36, 40, 30, 28, 36, 36, 37, 34, 30, 34, 16, 36, 40, 40, 34, 24, 24,
    38, 38, 38, 26, 80, 34, 26, 26, 30, 30, 26, 36, 38, 30, 22, 29, 32, 36, 32, 30, 30, 26, 26, 32, 38, 38,
    32, 32, 34, 32, 34, 80, 32, 32, 36, 36, 32, 38, 36, 36, 28, 35, 38, 38, 38, 24, 36, 32, 32, 38, 32, 32,
    24, 24, 26, 40, 26, 32, 80, 40, 36, 36, 40, 30, 28, 36, 36, 37, 34, 30, 34, 16, 36, 40, 40, 34, 24, 24,
    24, 24, 26, 40, 26, 32, 40, 80, 36, 36, 40, 30, 28, 36, 36, 37, 34, 30, 34, 16, 36, 40, 40, 34, 24, 24,
    28, 28, 30, 36, 30, 36, 36, 36, 80, 40, 36, 34, 32, 40, 32, 39, 38, 34, 38, 20, 40, 36, 36, 38, 28, 28,
    28, 28, 30, 36, 30, 36, 36, 36, 40, 80, 36, 34, 32, 40, 32, 39, 38, 34, 38, 20, 40, 36, 36, 38, 28, 28,
    24, 24, 26, 40, 26, 32, 40, 40, 36, 36, 80, 30, 28, 36, 36, 37, 34, 30, 34, 16, 36, 40, 40, 34, 24, 24,
    34, 34, 36, 30, 36, 38, 30, 30, 34, 34, 30, 80, 38, 34, 26, 33, 36, 38, 36, 26, 34, 30, 30, 36, 34, 34,
    36, 36, 38, 28, 38, 36, 28, 28, 32, 32, 28, 38, 80, 32, 24, 31, 34, 38, 34, 28, 32, 28, 28, 34, 36, 36,
    28, 28, 30, 36, 30, 36, 36, 36, 40, 40, 36, 34, 32, 80, 32, 39, 38, 34, 38, 20, 40, 36, 36, 38, 28, 28,
    20, 20, 22, 36, 22, 28, 36, 36, 32, 32, 36, 26, 24, 32, 80, 33, 30, 26, 30, 12, 32, 36, 36, 30, 20, 20,
    27, 27, 29, 37, 29, 35, 37, 37, 39, 39, 37, 33, 31, 39, 33, 80, 37, 33, 37, 19, 39, 37, 37, 37, 27, 27,
    30, 30, 32, 34, 32, 38, 34, 34, 38, 38, 34, 36, 34, 38, 30, 37, 80, 36, 40, 22, 38, 34, 34, 40, 30, 30,
    34, 34, 36, 30, 36, 38, 30, 30, 34, 34, 30, 38, 38, 34, 26, 33, 36, 80, 36, 26, 34, 30, 30, 36, 34, 34,
    30, 30, 32, 34, 32, 38, 34, 34, 38, 38, 34, 36, 34, 38, 30, 37, 40, 36, 80, 22, 38, 34, 34, 40, 30, 30,
    32, 32, 30, 16, 30, 24, 16, 16, 20, 20, 16, 26, 28, 20, 12, 19, 22, 26, 22, 80, 20, 16, 16, 22, 32, 32,
    28, 28, 30, 36, 30, 36, 36, 36, 40, 40, 36, 34, 32, 40, 32, 39, 38, 34, 38, 20, 80, 36, 36, 38, 28, 28,
    24, 24, 26, 40, 26, 32, 40, 40, 36, 36, 40, 30, 28, 36, 36, 37, 34, 30, 34, 16, 36, 80, 40, 34, 24, 24,
    24, 24, 26, 40, 26, 32, 40, 40, 36, 36, 40, 30, 28, 36, 36, 37, 34, 30, 34, 16, 36, 40, 80, 34, 24, 24,
    30, 30, 32, 34, 32, 38, 34, 34, 38, 38, 34, 36, 34, 38, 30, 37, 40, 36, 40, 22, 38, 34, 34, 80, 30, 30,
    40, 40, 38, 24, 38, 32, 24, 24, 28, 28, 24, 34, 36, 28, 20, 27, 30, 34, 30, 32, 28, 24, 24, 30, 80, 40,
    40, 40, 38, 24, 38, 32, 24, 24, 28, 28, 24, 34, 36, 28, 20, 27, 30, 34, 30, 32, 28, 24, 24, 30, 40, 80,
};
/* clang-format on */

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const lw_scored_year years[] = {
    {2020, LENGTH(codes_2020), codes_2020, LENGTH(classes_2020), classes_2020, rewards_2020},
    {2021, LENGTH(codes_2021), codes_2021, LENGTH(classes_2021), classes_2021, rewards_2021},
};

static const struct {
    const char *first, *second;
    int since;
} equal_codes[] = {
    {"713427006", "59118001", 2020},
    {"284470004", "63593006", 2020},
    {"427172004", "17338001", 2020},
    {"733534002", "164909002", 2021},
};

const lw_scored_year *lw_scored_year_find(int year) {
    for (size_t i = 0; i < LENGTH(years); i++)
        if (years[i].year == year)
            return &years[i];
    return NULL;
}

double lw_scored_reward(const lw_scored_year *year, size_t j, size_t k) {
    assert(j < year->class_count && k < year->class_count);
    return year->rewards_80ths[j * year->class_count + k] / 80.0;
}

const char *lw_code_equal(const char *code, int year) {
    for (size_t i = 0; i < LENGTH(equal_codes); i++) {
        if (year < equal_codes[i].since)
            continue;
        if (strcmp(code, equal_codes[i].first) == 0)
            return equal_codes[i].second;
        if (strcmp(code, equal_codes[i].second) == 0)
            return equal_codes[i].first;
    }
    return NULL;
}
