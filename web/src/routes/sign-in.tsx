import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { SignIn } from "@/app/sign-in";
import { isSignedIn, signIn } from "@/data/sessions";

/** The target of a sign-in link: redeems its code and opens the app. */
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
