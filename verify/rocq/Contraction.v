(** One zero in a box: Banach's contraction on a box of R^n, and the test of Krawczyk that it gives. *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base.
Open Scope R_scope.

(** Vectors each of whose first n coordinates is within rho of m. *)
Definition in_box (n : nat) (m rho v : nat -> R) : Prop :=
  forall j, (j < n)%nat -> Rabs (v j - m j) <= rho j.

(** The identity matrix. *)
Definition unit_matrix (i j : nat) : R := if Nat.eqb i j then 1 else 0.

Fixpoint repeated (T : (nat -> R) -> nat -> R) (t : nat) (v : nat -> R) : nat -> R :=
  match t with O => v | S p => T (repeated T p v) end.

Lemma repeated_plus T s t v : repeated T (s + t) v = repeated T s (repeated T t v).
Proof. induction s as [|s IH]; [reflexivity|]. simpl. rewrite IH. reflexivity. Qed.

Lemma below_all q a x : 0 <= q < 1 -> (forall t, x <= a * q ^ t) -> x <= 0.
Proof.
  intros Hq H. apply (is_lim_seq_le (fun _ => x) (fun t => a * q ^ t) x 0 H); [apply is_lim_seq_const|].
  replace (Finite 0) with (Rbar_mult a 0) by (simpl; f_equal; ring).
  apply is_lim_seq_scal_l, is_lim_seq_geom. rewrite Rabs_right; lra.
Qed.

(** Claims: none.
    Banach's theorem on a box: a map of the box $|v_j - m_j| \le \rho_j$ to itself that shrinks all distances, told in
    units of the $\rho_j$, by a factor $q < 1$ has one fixed point there, and only one. *)
Theorem contraction_in_a_box :
  forall n (m rho : nat -> R) (T : (nat -> R) -> nat -> R) q,
    0 <= q < 1 -> (forall j, (j < n)%nat -> 0 < rho j) ->
    (forall v, in_box n m rho v -> in_box n m rho (T v)) ->
    (forall v u a, in_box n m rho v -> in_box n m rho u ->
       (forall j, (j < n)%nat -> Rabs (v j - u j) <= a * rho j) ->
       forall j, (j < n)%nat -> Rabs (T v j - T u j) <= q * a * rho j) ->
    exists v, in_box n m rho v /\ (forall j, (j < n)%nat -> T v j = v j) /\
      forall u, in_box n m rho u -> (forall j, (j < n)%nat -> T u j = u j) -> forall j, (j < n)%nat -> u j = v j.
Proof.
  intros n m rho T q Hq Hrho Hin Hshrink.
  set (it := fun t => repeated T t m).
  assert (Hm : in_box n m rho m).
  { intros j Hj. replace (m j - m j) with 0 by ring. rewrite Rabs_R0. specialize (Hrho j Hj). lra. }
  assert (Hit : forall t, in_box n m rho (it t)).
  { induction t as [|t IH]; [exact Hm|apply Hin; exact IH]. }
  assert (Hpow : forall t v u a, in_box n m rho v -> in_box n m rho u ->
            (forall j, (j < n)%nat -> Rabs (v j - u j) <= a * rho j) ->
            forall j, (j < n)%nat -> Rabs (repeated T t v j - repeated T t u j) <= q ^ t * a * rho j).
  { assert (Hrep : forall t v, in_box n m rho v -> in_box n m rho (repeated T t v)).
    { induction t as [|t IH]; intros v Hv; [exact Hv|apply Hin, IH, Hv]. }
    induction t as [|t IH]; intros v u a Hv Hu Ha j Hj; [simpl; rewrite Rmult_1_l; apply Ha; exact Hj|].
    simpl. rewrite (Rmult_assoc q). apply Hshrink; try apply Hrep; try assumption.
    intros i Hi. apply IH; assumption. }
  assert (Hdist : forall t s j, (j < n)%nat -> Rabs (it (t + s)%nat j - it t j) <= rho j * q ^ t).
  { intros t s j Hj. unfold it. rewrite repeated_plus.
    replace (rho j * q ^ t) with (q ^ t * 1 * rho j) by ring. apply Hpow; [apply Hit|exact Hm| |exact Hj].
    intros i Hi. rewrite Rmult_1_l. apply Hit. exact Hi. }
  assert (Hlim : forall j, (j < n)%nat -> ex_finite_lim_seq (fun t => it t j)).
  { intros j Hj. apply ex_lim_seq_cauchy_corr. intros eps. specialize (Hrho j Hj).
    assert (Hg : is_lim_seq (fun t => 2 * rho j * q ^ t) 0).
    { replace (Finite 0) with (Rbar_mult (2 * rho j) 0) by (simpl; f_equal; ring).
      apply is_lim_seq_scal_l, is_lim_seq_geom. rewrite Rabs_right; lra. }
    apply is_lim_seq_spec in Hg. destruct (Hg eps) as [t0 Ht0]. exists t0. intros a b Ha Hb.
    specialize (Ht0 t0 (Nat.le_refl _)). rewrite Rminus_0_r in Ht0. apply Rabs_def2 in Ht0. destruct Ht0 as [Ht0 _].
    pose proof (Hdist t0 (a - t0)%nat j Hj) as Da. pose proof (Hdist t0 (b - t0)%nat j Hj) as Db.
    replace (t0 + (a - t0))%nat with a in Da by lia. replace (t0 + (b - t0))%nat with b in Db by lia.
    replace (it a j - it b j) with ((it a j - it t0 j) - (it b j - it t0 j)) by ring.
    eapply Rle_lt_trans; [apply Rabs_triang|]. rewrite Rabs_Ropp. lra. }
  set (v := fun j => real (Lim_seq (fun t => it t j))).
  assert (Hv : forall j, (j < n)%nat -> is_lim_seq (fun t => it t j) (v j)).
  { intros j Hj. apply Lim_seq_correct', Hlim, Hj. }
  assert (Hclose : forall t j, (j < n)%nat -> Rabs (v j - it t j) <= rho j * q ^ t).
  { intros t j Hj.
    apply (is_lim_seq_le (fun s => Rabs (it (t + s)%nat j - it t j)) (fun _ => rho j * q ^ t)
             (Rabs (v j - it t j)) (rho j * q ^ t)); [intros s; apply Hdist; exact Hj| |apply is_lim_seq_const].
    apply (is_lim_seq_abs _ (v j - it t j)). apply is_lim_seq_minus'; [|apply is_lim_seq_const].
    apply (is_lim_seq_ext (fun s => it (s + t)%nat j)); [intros s; rewrite Nat.add_comm; reflexivity|].
    apply (is_lim_seq_incr_n (fun s => it s j) t). apply Hv. exact Hj. }
  assert (Hvin : in_box n m rho v).
  { intros j Hj. pose proof (Hclose O j Hj) as H. simpl in H. rewrite Rmult_1_r in H. exact H. }
  assert (Hfix : forall j, (j < n)%nat -> T v j = v j).
  { intros j Hj. apply Rminus_diag_uniq. specialize (Hrho j Hj).
    assert (H : Rabs (T v j - v j) <= 0).
    { apply (below_all q (2 * rho j)); [exact Hq|]. intros t.
      pose proof (Hshrink v (it t) (q ^ t) Hvin (Hit t)) as S1.
      assert (S2 : Rabs (T v j - it (S t) j) <= q * q ^ t * rho j).
      { apply S1; [|exact Hj]. intros i Hi. rewrite Rmult_comm. apply Hclose. exact Hi. }
      pose proof (Hclose (S t) j Hj) as S3. simpl in S3.
      assert (Hqt : 0 <= q ^ t) by (apply pow_le; lra).
      replace (T v j - v j) with ((T v j - it (S t) j) - (v j - it (S t) j)) by ring.
      eapply Rle_trans; [apply Rabs_triang|]. rewrite Rabs_Ropp.
      assert (q * q ^ t * rho j <= q ^ t * rho j) by (apply Rmult_le_compat_r; [lra|nra]). nra. }
    pose proof (Rabs_pos (T v j - v j)) as P. destruct (Req_dec (T v j - v j) 0) as [E|E]; [exact E|].
    apply Rabs_pos_lt in E. lra. }
  exists v. split; [exact Hvin|]. split; [exact Hfix|].
  intros u Hu Hfu j Hj. apply Rminus_diag_uniq.
  assert (Hrep : forall t i, (i < n)%nat -> repeated T t u i = u i /\ repeated T t v i = v i).
  { assert (Hboth : forall w, in_box n m rho w -> (forall i, (i < n)%nat -> T w i = w i) ->
              forall t, in_box n m rho (repeated T t w) /\ forall i, (i < n)%nat -> repeated T t w i = w i).
    { intros w Hw Hfw. induction t as [|t [IH1 IH2]]; [split; [exact Hw|reflexivity]|].
      split; [apply Hin; exact IH1|]. intros i Hi. simpl. rewrite <- (Hfw i Hi). apply Rminus_diag_uniq.
      assert (H0 : Rabs (T (repeated T t w) i - T w i) <= q * 0 * rho i).
      { apply Hshrink; try assumption. intros k Hk. rewrite IH2 by exact Hk.
        replace (w k - w k) with 0 by ring. rewrite Rabs_R0. lra. }
      pose proof (Rabs_pos (T (repeated T t w) i - T w i)).
      destruct (Req_dec (T (repeated T t w) i - T w i) 0) as [E|E]; [exact E|]. apply Rabs_pos_lt in E. lra. }
    intros t i Hi. split; [apply (Hboth u); assumption|apply (Hboth v); assumption]. }
  assert (H : Rabs (u j - v j) <= 0).
  { apply (below_all q (2 * rho j)); [exact Hq|]. intros t.
    destruct (Hrep t j Hj) as [E1 E2]. rewrite <- E1, <- E2.
    replace (2 * rho j * q ^ t) with (q ^ t * 2 * rho j) by ring. apply Hpow; try assumption.
    intros i Hi. replace (u i - v i) with ((u i - m i) - (v i - m i)) by ring.
    eapply Rle_trans; [apply Rabs_triang|]. rewrite Rabs_Ropp.
    specialize (Hu i Hi). specialize (Hvin i Hi). lra. }
  pose proof (Rabs_pos (u j - v j)). destruct (Req_dec (u j - v j) 0) as [E|E]; [exact E|]. apply Rabs_pos_lt in E. lra.
Qed.

(** One factor below 1 for finitely many. *)
Lemma common_factor n (a rho : nat -> R) :
  (forall i, (i < n)%nat -> 0 <= a i < rho i) -> exists q, 0 <= q < 1 /\ forall i, (i < n)%nat -> a i <= q * rho i.
Proof.
  induction n as [|n IH]; intros H; [exists 0; split; [lra|intros i Hi; lia]|].
  destruct IH as [q [Hq Hle]]; [intros i Hi; apply H; lia|].
  assert (Hn := H n ltac:(lia)). set (x := a n / rho n).
  assert (Hx : 0 <= x < 1).
  { unfold x. split; [apply Rmult_le_pos; [lra|left; apply Rinv_0_lt_compat; lra]|].
    apply (Rmult_lt_reg_r (rho n)); [lra|]. replace (a n / rho n * rho n) with (a n) by (field; lra). lra. }
  exists (Rmax q x). split; [split; [apply Rle_trans with q; [lra|apply Rmax_l]|apply Rmax_lub_lt; lra]|].
  intros i Hi. destruct (Nat.eq_dec i n) as [->|Hne].
  - apply Rle_trans with (x * rho n); [unfold x; right; field; lra|]. apply Rmult_le_compat_r; [lra|apply Rmax_r].
  - eapply Rle_trans; [apply Hle; lia|]. apply Rmult_le_compat_r; [specialize (H i ltac:(lia)); lra|apply Rmax_l].
Qed.

Lemma sum_unit n i f : (i < n)%nat -> sum n (fun j => unit_matrix i j * f j) = f i.
Proof.
  intros Hi. rewrite (sum_one n _ i Hi); [unfold unit_matrix; rewrite Nat.eqb_refl; ring|].
  intros j _ Hne. unfold unit_matrix. rewrite (proj2 (Nat.eqb_neq i j)) by congruence. ring.
Qed.

(** Claims: none.
    Krawczyk's test. Let $H(v) - H(v') = S (v - v')$ for some $S$ of a set of matrices, at all $v, v'$ of the box $|v_j -
    m_j| \le \rho_j$; let $Y$ be regular, and $|(Y H(m))_i| + \sum_j |(I - Y S)_{ij}| \rho_j < \rho_i$ for all $i$ and
    those $S$. Then $H$ has one zero in the box, and only one. *)
Theorem one_zero_in_a_box :
  forall n (H : (nat -> R) -> nat -> R) (m rho : nat -> R) (Y : nat -> nat -> R) (set : (nat -> nat -> R) -> Prop)
      (spread : nat -> R),
    (forall j, (j < n)%nat -> 0 < rho j) ->
    (forall v u, in_box n m rho v -> in_box n m rho u -> exists S, set S /\
       forall i, (i < n)%nat -> H v i - H u i = sum n (fun j => S i j * (v j - u j))) ->
    (forall h, (forall i, (i < n)%nat -> sum n (fun l => Y i l * h l) = 0) -> forall l, (l < n)%nat -> h l = 0) ->
    (forall S i, set S -> (i < n)%nat ->
       sum n (fun j => Rabs (unit_matrix i j - sum n (fun l => Y i l * S l j)) * rho j) <= spread i) ->
    (forall i, (i < n)%nat -> Rabs (sum n (fun l => Y i l * H m l)) + spread i < rho i) ->
    exists v, in_box n m rho v /\ (forall i, (i < n)%nat -> H v i = 0) /\
      forall u, in_box n m rho u -> (forall i, (i < n)%nat -> H u i = 0) -> forall j, (j < n)%nat -> u j = v j.
Proof.
  intros n H m rho Y set spread Hrho Hslope Hreg Hspread Hmid.
  set (T := fun v i => v i - sum n (fun l => Y i l * H v l)).
  assert (Hm : in_box n m rho m).
  { intros j Hj. replace (m j - m j) with 0 by ring. rewrite Rabs_R0. specialize (Hrho j Hj). lra. }
  assert (Hspread0 : forall i, (i < n)%nat -> 0 <= spread i).
  { intros i Hi. destruct (Hslope m m Hm Hm) as [S [HS _]]. eapply Rle_trans; [|apply (Hspread S i HS Hi)].
    apply sum_nonneg. intros j Hj. apply Rmult_le_pos; [apply Rabs_pos|]. specialize (Hrho j Hj). lra. }
  destruct (common_factor n spread rho) as [q [Hq Hfac]].
  { intros i Hi. split; [apply Hspread0; exact Hi|]. specialize (Hmid i Hi).
    pose proof (Rabs_pos (sum n (fun l => Y i l * H m l))). lra. }
  assert (Hdiff : forall v u a, in_box n m rho v -> in_box n m rho u -> 0 <= a ->
            (forall j, (j < n)%nat -> Rabs (v j - u j) <= a * rho j) ->
            forall i, (i < n)%nat -> Rabs (T v i - T u i) <= a * spread i).
  { intros v u a Hv Hu H0 Ha i Hi. destruct (Hslope v u Hv Hu) as [S [HS HD]].
    assert (E : T v i - T u i = sum n (fun j => (unit_matrix i j - sum n (fun l => Y i l * S l j)) * (v j - u j))).
    { rewrite (sum_ext n _ (fun j => unit_matrix i j * (v j - u j) - sum n (fun l => Y i l * S l j * (v j - u j))))
        by (intros j _; rewrite sum_scal_r; ring).
      rewrite sum_minus, sum_unit by exact Hi. rewrite sum_swap.
      rewrite (sum_ext n (fun l => sum n (fun j => Y i l * S l j * (v j - u j))) (fun l => Y i l * H v l - Y i l * H u l)).
      - rewrite sum_minus. unfold T. ring.
      - intros l Hl. rewrite <- Rmult_minus_distr_l, (HD l Hl), <- sum_scal. apply sum_ext. intros; ring. }
    rewrite E. eapply Rle_trans; [apply sum_abs|]. eapply Rle_trans; [|apply Rmult_le_compat_l; [exact H0|apply (Hspread S i HS Hi)]].
    rewrite <- sum_scal. apply sum_le. intros j Hj. rewrite Rabs_mult.
    replace (a * (Rabs (unit_matrix i j - sum n (fun l => Y i l * S l j)) * rho j))
      with (Rabs (unit_matrix i j - sum n (fun l => Y i l * S l j)) * (a * rho j)) by ring.
    apply Rmult_le_compat_l; [apply Rabs_pos|]. apply Ha. exact Hj. }
  destruct (contraction_in_a_box n m rho T q Hq Hrho) as [v [Hv [Hfix Hone]]].
  - intros v Hv i Hi.
    assert (D : Rabs (T v i - T m i) <= 1 * spread i).
    { apply Hdiff; try assumption; [lra|]. intros j Hj. rewrite Rmult_1_l. apply Hv. exact Hj. }
    assert (E : T m i - m i = - sum n (fun l => Y i l * H m l)) by (unfold T; ring).
    replace (T v i - m i) with ((T v i - T m i) + (T m i - m i)) by ring.
    eapply Rle_trans; [apply Rabs_triang|]. rewrite E, Rabs_Ropp. specialize (Hmid i Hi). lra.
  - intros v u a Hv Hu Ha j Hj.
    destruct (Rle_dec 0 a) as [H0|Hn].
    + eapply Rle_trans; [apply (Hdiff v u a); assumption|]. specialize (Hfac j Hj). nra.
    + exfalso. specialize (Ha j Hj). pose proof (Rabs_pos (v j - u j)). specialize (Hrho j Hj). nra.
  - exists v. split; [exact Hv|]. split.
    + apply Hreg. intros i Hi. specialize (Hfix i Hi). unfold T in Hfix. lra.
    + intros u Hu Hz. apply Hone; [exact Hu|]. intros j Hj. unfold T. rewrite sum_zero; [ring|].
      intros l Hl. rewrite Hz by exact Hl. ring.
Qed.

Lemma linf_attained n h : 0 < linf n h -> exists i, (i < n)%nat /\ Rabs (h i) = linf n h.
Proof.
  induction n as [|n IH]; simpl; intros Hp; [lra|].
  unfold Rmax in *. destruct (Rle_dec (linf n h) (Rabs (h n))); [exists n; split; [lia|reflexivity]|].
  destruct IH as [i [Hi E]]; [lra|]. exists i. split; [lia|exact E].
Qed.

(** A matrix with an approximate inverse is regular. *)
Lemma regular_by_inverse n (Y Z : nat -> nat -> R) :
  (forall i, (i < n)%nat -> sum n (fun j => Rabs (unit_matrix i j - sum n (fun l => Z i l * Y l j))) < 1) ->
  forall h, (forall i, (i < n)%nat -> sum n (fun l => Y i l * h l) = 0) -> forall l, (l < n)%nat -> h l = 0.
Proof.
  intros HZ h H0 l Hl. pose proof (linf_ge n h l Hl) as Hle. pose proof (linf_nonneg n h) as Hnn.
  destruct (Rle_lt_or_eq_dec 0 (linf n h) Hnn) as [Hp|Hz].
  - exfalso. destruct (linf_attained n h Hp) as [i [Hi E]]. specialize (HZ i Hi).
    assert (Eh : h i = sum n (fun j => (unit_matrix i j - sum n (fun l => Z i l * Y l j)) * h j)).
    { rewrite (sum_ext n _ (fun j => unit_matrix i j * h j - sum n (fun l => Z i l * Y l j * h j)))
        by (intros j _; rewrite sum_scal_r; ring).
      rewrite sum_minus, sum_unit by exact Hi. rewrite sum_swap.
      rewrite (sum_zero n (fun a => sum n (fun j => Z i a * Y a j * h j))); [ring|].
      intros a Ha. rewrite (sum_ext n _ (fun j => Z i a * (Y a j * h j))) by (intros; ring).
      rewrite sum_scal, H0 by exact Ha. ring. }
    assert (B : Rabs (h i) <= sum n (fun j => Rabs (unit_matrix i j - sum n (fun l => Z i l * Y l j))) * linf n h).
    { rewrite Eh at 1. eapply Rle_trans; [apply sum_abs|]. rewrite <- sum_scal_r. apply sum_le. intros j Hj.
      rewrite Rabs_mult. apply Rmult_le_compat_l; [apply Rabs_pos|apply linf_ge; exact Hj]. }
    rewrite E in B. nra.
  - rewrite <- Hz in Hle. pose proof (Rabs_pos (h l)). destruct (Req_dec (h l) 0) as [E|E]; [exact E|].
    apply Rabs_pos_lt in E. lra.
Qed.
