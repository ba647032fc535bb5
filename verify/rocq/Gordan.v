(** Gordan's alternative: data are separable, or a mean of the rows vanishes, and never both. *)

From Coq Require Import Reals Lra Lia Arith.
From Marginproof Require Import Base MaxMargin.
Open Scope R_scope.

(** A small step in any direction keeps finitely many positive numbers positive. *)
Lemma small_step N (a b : nat -> R) :
  (forall i, (i < N)%nat -> 0 < a i) ->
  exists e, 0 < e /\ forall i, (i < N)%nat -> 0 < a i + e * b i.
Proof.
  induction N as [|N IH]; intros Ha.
  - exists 1. split; [lra|intros; lia].
  - destruct IH as [e [He H]]; [intros; apply Ha; lia|].
    assert (HaN : 0 < a N) by (apply Ha; lia).
    pose proof (Rabs_pos (b N)) as Hb.
    set (e' := Rmin e (a N / (2 * (1 + Rabs (b N))))).
    assert (Hq : 0 < a N / (2 * (1 + Rabs (b N)))) by (apply Rdiv_lt_0_compat; lra).
    assert (He' : 0 < e') by (unfold e'; apply Rmin_glb_lt; assumption).
    exists e'. split; [exact He'|]. intros i Hi.
    destruct (Nat.eq_dec i N) as [->|Hne].
    + assert (e' * (2 * (1 + Rabs (b N))) <= a N).
      { apply Rle_trans with (a N / (2 * (1 + Rabs (b N))) * (2 * (1 + Rabs (b N)))).
        - apply Rmult_le_compat_r; [lra|apply Rmin_r].
        - apply Req_le. field. lra. }
      pose proof (Rle_abs (- b N)) as Hn. rewrite Rabs_Ropp in Hn. nra.
    + specialize (H i ltac:(lia)). specialize (Ha i Hi).
      assert (e' <= e) by apply Rmin_l. destruct (Rle_dec 0 (b i)); nra.
Qed.

(** Weights that are not negative and do not all vanish can be divided by their sum. *)
Lemma normalize N d X c :
  (forall i, (i < N)%nat -> 0 <= c i) -> 0 < sum N c -> (forall k, (k < d)%nat -> combine N X c k = 0) ->
  exists q, simplex N q /\ forall k, (k < d)%nat -> combine N X q k = 0.
Proof.
  intros Hc Hs H. exists (fun i => / sum N c * c i). split; [split|].
  - intros i Hi. apply Rmult_le_pos; [apply Rlt_le, Rinv_0_lt_compat; exact Hs|auto].
  - rewrite sum_scal. apply Rinv_l. lra.
  - intros k Hk. unfold combine. transitivity (/ sum N c * combine N X c k).
    + unfold combine. rewrite <- sum_scal. apply sum_ext. intros; lra.
    + rewrite H by exact Hk. lra.
Qed.

Lemma combine_ext N X c q k : (forall i, (i < N)%nat -> c i = q i) -> combine N X c k = combine N X q k.
Proof. intros H. apply sum_ext. intros i Hi. rewrite (H i Hi). reflexivity. Qed.

(** If the new row has no margin, the old rows are looked at along the plane orthogonal to it. *)
Lemma gordan_exists N d : forall X,
  separable N d X \/ exists c, simplex N c /\ forall k, (k < d)%nat -> combine N X c k = 0.
Proof.
  induction N as [|N IH]; intros X.
  - left. exists (fun _ => 0). intros; lia.
  - destruct (Req_dec (dot d (X N) (X N)) 0) as [Hx0|Hx].
    + right. exists (fun i => if Nat.eqb i N then 1 else 0). split; [split|].
      * intros i _. destruct (Nat.eqb i N); lra.
      * rewrite (sum_one _ _ N); [rewrite Nat.eqb_refl; reflexivity|lia|].
        intros i _ Hne. rewrite (proj2 (Nat.eqb_neq i N) Hne). reflexivity.
      * intros k Hk. unfold combine. apply sum_zero. intros i Hi.
        destruct (Nat.eqb i N) eqn:E; [|lra]. apply Nat.eqb_eq in E. subst i.
        rewrite (dot_self_0 d (X N) Hx0 k Hk). lra.
    + set (x := X N) in *.
      assert (Hxp : 0 < dot d x x) by (pose proof (dot_self_nonneg d x); lra).
      set (r := fun i => dot d (X i) x / dot d x x).
      destruct (IH (fun i k => X i k - r i * x k)) as [[v Hv]|[c [[Hc Hc1] H0]]].
      * (* A separator v of the projections: its part orthogonal to x, and a little of x. *)
        set (v' := fun k => v k - dot d x v / dot d x x * x k).
        destruct (small_step N (fun i => dot d (X i) v') (fun i => dot d (X i) x)) as [e [He Hall]].
        { intros i Hi. specialize (Hv i Hi). rewrite dot_minus_l, dot_scal_l in Hv. unfold v'.
          rewrite dot_minus_r, dot_scal_r.
          replace (dot d x v / dot d x x * dot d (X i) x) with (r i * dot d x v) by (unfold r; field; lra).
          exact Hv. }
        left. exists (fun k => v' k + e * x k). intros i Hi. rewrite dot_plus_r, dot_scal_r.
        destruct (Nat.eq_dec i N) as [->|Hne]; [|apply Hall; lia].
        fold x. unfold v'. rewrite dot_minus_r, dot_scal_r.
        replace (dot d x v - dot d x v / dot d x x * dot d x x) with 0 by (field; lra). nra.
      * (* A mean of the projections vanishes: the same mean of the rows is a multiple mu of x. *)
        set (mu := sum N (fun i => c i * r i)).
        assert (Hmu : forall k, (k < d)%nat -> combine N X c k = mu * x k).
        { intros k Hk. specialize (H0 k Hk). unfold combine in *. unfold mu.
          rewrite <- sum_scal_r. apply Rminus_diag_uniq. rewrite <- sum_minus.
          rewrite <- H0. apply sum_ext. intros; lra. }
        destruct (Rle_dec mu 0) as [Hneg|Hpos].
        -- right. apply (normalize (S N) d X (fun i => if Nat.eqb i N then - mu else c i)).
           ++ intros i Hi. destruct (Nat.eqb i N) eqn:E; [lra|]. apply Nat.eqb_neq in E. apply Hc. lia.
           ++ simpl. rewrite Nat.eqb_refl. rewrite (sum_ext N _ c); [lra|].
              intros i Hi. rewrite (proj2 (Nat.eqb_neq i N)); [reflexivity|lia].
           ++ intros k Hk. unfold combine. simpl. rewrite Nat.eqb_refl. fold x.
              rewrite (sum_ext N _ (fun i => c i * X i k)).
              ** fold (combine N X c k). rewrite Hmu by exact Hk. lra.
              ** intros i Hi. rewrite (proj2 (Nat.eqb_neq i N)); [reflexivity|lia].
        -- destruct (IH X) as [[w Hw]|[q [[Hq Hq1] Hq0]]].
           ++ left. exists w. intros i Hi. destruct (Nat.eq_dec i N) as [->|Hne]; [|apply Hw; lia].
              fold x. assert (Hm : mu * dot d x w = sum N (fun j => c j * dot d (X j) w)).
              { rewrite <- dot_combine, <- dot_scal_l. apply dot_ext_l. intros k Hk. symmetry. auto. }
              destruct (simplex_pos N c (conj Hc Hc1)) as [j [Hj Hjp]].
              assert (0 < sum N (fun j => c j * dot d (X j) w)).
              { apply (sum_pos N (fun i => c i * dot d (X i) w) j); [|exact Hj|].
                - intros l Hl. specialize (Hc l Hl). specialize (Hw l Hl). nra.
                - specialize (Hw j Hj). nra. }
              nra.
           ++ right. exists (fun i => if Nat.eqb i N then 0 else q i).
              assert (Hqe : forall i, (i < N)%nat -> (if Nat.eqb i N then 0 else q i) = q i).
              { intros i Hi. rewrite (proj2 (Nat.eqb_neq i N)); [reflexivity|lia]. }
              split; [split|].
              ** intros i Hi. destruct (Nat.eqb i N) eqn:E; [lra|]. apply Nat.eqb_neq in E. apply Hq. lia.
              ** simpl. rewrite Nat.eqb_refl, (sum_ext N _ q Hqe). lra.
              ** intros k Hk. unfold combine. simpl. rewrite Nat.eqb_refl.
                 rewrite (sum_ext N _ (fun i => q i * X i k)).
                 --- fold (combine N X q k). rewrite Hq0 by exact Hk. lra.
                 --- intros i Hi. rewrite Hqe by exact Hi. reflexivity.
Qed.

(** Claims: none.
    Gordan's alternative: no $w$ has $x_i^\top w > 0$ for all $i$ iff $X^\top c = 0$ for some $c \ge 0$ with $\sum_i
    c_i = 1$. *)
Theorem gordan :
  forall N d X,
    ~ separable N d X <-> exists c, simplex N c /\ forall k, (k < d)%nat -> combine N X c k = 0.
Proof.
  intros N d X. split.
  - intros H. destruct (gordan_exists N d X) as [Hs|Hc]; [contradiction|exact Hc].
  - intros [c [Hc H0]] [w Hw].
    assert (Hz : sum N (fun i => c i * dot d (X i) w) = 0).
    { rewrite <- dot_combine. apply sum_zero. intros k Hk. rewrite H0 by exact Hk. lra. }
    destruct (simplex_pos N c Hc) as [j [Hj Hp]]. destruct Hc as [Hc H1].
    assert (0 < sum N (fun i => c i * dot d (X i) w)); [|lra].
    apply (sum_pos N (fun i => c i * dot d (X i) w) j); [|exact Hj|].
    + intros l Hl. specialize (Hc l Hl). specialize (Hw l Hl). nra.
    + specialize (Hw j Hj). nra.
Qed.

(** Claims: none.
    Either some $w$ has $x_i^\top w > 0$ for all $i$, or $X^\top c = 0$ for some $c \ge 0$ with $\sum_i c_i = 1$. *)
Theorem gordan_alternative :
  forall N d X,
    separable N d X \/ exists c, simplex N c /\ forall k, (k < d)%nat -> combine N X c k = 0.
Proof. exact gordan_exists. Qed.
