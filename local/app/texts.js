/**
 * Every text of the page, in one place for a translator.
 * A value is a text, or a function that puts figures or names into one.
 */
export const texts = {
  locale: "en-GB",
  pageTitle: "TrainingPeaks · Connected apps & devices · Kinni",
  brand: "Kinni",
  title: "TrainingPeaks",

  crumbs: {
    label: "Where you are",
    profile: "Profile",
    apps: "Connected apps & devices",
  },

  strip: {
    label: "For engineers",
    about: "Stand-in for the Kinni app",
    user: "Signed in as",
    switch: "Switch",
    switched: (user) => `Signed in as ${user}.`,
    simulator: "TrainingPeaks simulator",
  },

  pill: {
    none: "Not linked",
    active: "Linked",
    reauthorization_required: "Link again",
  },

  loading: { title: "Loading your connection…" },

  unreadable: {
    title: "Your connection cannot be shown",
    text: "Nothing was changed. Please try again.",
    button: "Try again",
  },

  unlinked: {
    title: "Your runs, in TrainingPeaks too",
    text: "Link your TrainingPeaks account, and Kinni uploads each run that you finish.",
    step1: "TrainingPeaks opens.",
    step2: "Sign in, and allow profile and file-write access.",
    step3: "Return to Kinni and confirm that the TrainingPeaks athlete details are shown.",
    button: "Link TrainingPeaks",
  },

  waiting: {
    pending: {
      title: "Waiting for TrainingPeaks",
      text: "Sign in there, and allow profile and file-write access. This screen follows by itself.",
      button: "Continue in TrainingPeaks",
    },
    exchanging: {
      title: "TrainingPeaks has answered",
      text: "Kinni is fetching your athlete details. This takes a few seconds.",
    },
    confirming: {
      title: "Confirming the link…",
      text: "Almost there.",
    },
    unconfirmed: {
      title: "One step is left",
      text: "TrainingPeaks has allowed access, but Kinni has not confirmed the link yet.",
      button: "Confirm the link",
    },
    elsewhere: {
      title: "One step is left",
      text:
        "TrainingPeaks has allowed access. The link is confirmed by the tab that came back from there. " +
        "If you have closed it, wait a minute and start again.",
      button: "Start again",
    },
  },

  linked: {
    unnamed: "TrainingPeaks athlete",
    athleteId: (id) => `Athlete ID ${id}`,
    autoUpload: "Auto-upload",
    autoUploadAbout: "Upload finished runs to TrainingPeaks.",
    saving: "Saving…",
    savedOn: "Saved: new runs are uploaded.",
    savedOff: "Saved: new runs stay in Kinni.",
    token: "Token",
    scopes: "Permissions",
    since: "Linked since",
    authorise: "Authorise again",
    unlink: "Unlink",
    wrongAccount: "Not your TrainingPeaks account? Unlink it first, then link the right one.",
  },

  again: {
    title: "Please link again",
    text:
      "TrainingPeaks no longer accepts Kinni’s access, so runs cannot be uploaded. " +
      "Link the same account again: your settings stay as they are.",
    button: "Link TrainingPeaks again",
  },

  token: {
    expired: "Expired – Kinni refreshes it at the next upload",
    missing: "None – link TrainingPeaks again",
    validFor: (time) => `Valid, expires in ${time}`,
    lessThanAMinute: "less than a minute",
    minutes: (count) => (count === 1 ? "1 minute" : `${count} minutes`),
    hours: (count) => (count === 1 ? "1 hour" : `${count} hours`),
    at: (time) => `(until ${time})`,
  },

  scopes: {
    "athlete:profile": "Read your profile",
    "file:write": "Upload workout files",
  },

  unlink: {
    title: "Unlink TrainingPeaks?",
    text:
      "Kinni forgets your TrainingPeaks account and gives its access back. Nothing more is uploaded; " +
      "runs that are already in TrainingPeaks stay there.",
    no: "Keep it linked",
    yes: "Unlink",
  },

  busy: {
    start: "Opening TrainingPeaks…",
    confirm: "Confirming the link…",
    unlink: "Unlinking…",
    toggle: "Saving…",
    retry: (seconds) => `Kinni is busy. It tries again in ${seconds === 1 ? "1 second" : `${seconds} seconds`}.`,
  },

  notice: {
    close: "Close",
    reference: (id) => `Reference for support: ${id}`,
  },

  done: {
    linked: {
      title: "TrainingPeaks is linked",
      text: "Please confirm that these are your athlete details. Auto-upload can be changed at any time.",
    },
    linkedElsewhere: {
      title: "TrainingPeaks is linked already",
      text: "Another tab or device finished first. Please confirm that these are your athlete details.",
    },
    unlinked: {
      title: "TrainingPeaks is unlinked",
      text: "Kinni has forgotten the account. You can link it, or another one, whenever you like.",
    },
    notStartedHere: {
      title: "That connection was not started here",
      text:
        "Nothing was linked. If somebody else sent you to TrainingPeaks, there is nothing more to do. " +
        "To link your own account, start from this screen.",
    },
    wait: {
      title: "Another attempt is just finishing",
      text: "Please wait a moment: this screen follows by itself. If nothing happens within a minute, start again.",
    },
  },

  /** How an attempt ended, by the `outcome` or `error_code` of the service. */
  outcomes: {
    cancelled: {
      title: "Linking was cancelled",
      text: "Access was not allowed at TrainingPeaks, so nothing was changed. You can simply try again.",
    },
    expired: {
      title: "That attempt is no longer valid",
      text: "It took too long, was already used, or a newer one replaced it. Simply try again.",
    },
    permission_missing: {
      title: "A permission is missing",
      text: "Kinni needs profile and file-write access, both of them. Simply try again and allow both.",
    },
    profile_data_missing: {
      title: "TrainingPeaks sent no athlete profile",
      text: "Without it Kinni cannot tell whose account it is. Check your profile in TrainingPeaks, then simply try again.",
    },
    coach_account: {
      title: "That is a coach account",
      text: "Runs can only be uploaded to an athlete’s account. Sign out of TrainingPeaks, then try again as the athlete.",
    },
    different_athlete: {
      title: "That is a different TrainingPeaks account",
      text: "Your link has stayed as it was. To change the account, unlink this one first, then link the right one.",
    },
    trainingpeaks_unavailable: {
      title: "TrainingPeaks is not answering",
      text: "Nothing was changed. Wait a few minutes, then simply try again.",
    },
    configuration_error: {
      title: "TrainingPeaks did not accept Kinni’s request",
      text: "You have done nothing wrong. Try again later; if it stays like this, please write to Kinni’s support.",
    },
    try_again: {
      title: "Linking did not work",
      text: "Kinni could not finish it, and nothing was changed. Simply try again.",
    },
  },

  /** Answers other than success, by the `code` of the service or by ours. */
  errors: {
    offline: {
      title: "You are offline",
      text: "Kinni cannot be reached. Check your connection, then try again.",
    },
    unreachable: {
      title: "Kinni is not answering",
      text: "Check your connection, then try again in a moment.",
    },
    try_again: {
      title: "Kinni is busy just now",
      text: "Nothing is lost. Please try again shortly.",
    },
    too_many_requests: {
      title: "That was a little too fast",
      text: "Please wait a moment, then try again.",
    },
    signed_out: {
      title: "You are not signed in",
      text: "Kinni did not accept your sign-in. Sign in again, then try again.",
    },
    attempt_not_found: {
      title: "That attempt is no longer valid",
      text: "A newer one has replaced it, or another Kinni user started it. Simply try again.",
    },
    attempt_not_authorized: {
      title: "TrainingPeaks has not allowed access yet",
      text: "The attempt was not finished, or something newer has replaced it. Simply try again.",
    },
    attempt_expired: {
      title: "That attempt has expired",
      text: "It waited too long, or the account was unlinked in the meantime. Simply try again.",
    },
    confirmation_code_wrong: {
      title: "The link could not be confirmed",
      text: "The answer that came back does not belong to this attempt. Nothing was linked; wait a minute, then try again.",
    },
    not_linked: {
      title: "TrainingPeaks is not linked any more",
      text: "It was unlinked in another tab or on another device. You can link it again.",
    },
    idempotency_key_invalid: {
      title: "Linking could not be started",
      text: "Simply try again.",
    },
    idempotency_key_reused: {
      title: "Linking could not be started",
      text: "Simply try again.",
    },
    return_url_not_allowed: {
      title: "Linking could not be started",
      text: "This page’s address is not one that Kinni may return to. Open it at the address that the service prints.",
    },
    request_invalid: {
      title: "Kinni did not understand this page",
      text: "Load the page again, then try again.",
    },
    user_refused: {
      title: "This Kinni user cannot sign in",
      text: "Please use another name, such as runner-1.",
    },
    unexpected: {
      title: "Something went wrong in Kinni",
      text: "It is not your fault. Please try again in a moment.",
    },
  },
};

/** The text at a dotted path such as `unlinked.title`. */
export function textAt(path) {
  return path.split(".").reduce((branch, name) => branch[name], texts);
}

/** A table's own entry; names from outside (`constructor`, say) never reach anything else. */
export function entryOf(table, name, otherwise) {
  return Object.hasOwn(table, name) ? table[name] : otherwise;
}
