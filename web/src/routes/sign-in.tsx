import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { SignIn } from "@/app/sign-in";
import { isSignedIn, signIn } from "@/data/sessions";

/** Where a sign-in link leads: takes its code, and goes on to the app. */
export function SignInRoute() {
  const { code } = useSearch({ from: "/signin" });
  const navigate = useNavigate();
  const [refused, setRefused] = useState(false);
  useEffect(() => {
    let here = true;
    void signIn(code)
      .then(() => true)
      .catch(isSignedIn) // a link that was opened twice
      .then((signedIn) => {
        if (!here) return;
        if (signedIn) void navigate({ to: "/", replace: true });
        else setRefused(true);
      });
    return () => {
      here = false;
    };
  }, [code, navigate]);
  return refused && <SignIn />;
}
